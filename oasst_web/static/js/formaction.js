// A button with an address of its own sends the form there as it is, past the script that sends answers.

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[formaction]");
  if (!button?.form || event.defaultPrevented) return;
  event.preventDefault();
  const { form } = button;
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (cookie && form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = cookie[1];
  if (button.name) {
    const said = document.createElement("input");
    said.type = "hidden";
    said.name = button.name;
    said.value = button.value;
    form.append(said);
  }
  form.action = button.formAction;
  document.dispatchEvent(new CustomEvent("answer:leaving"));
  HTMLFormElement.prototype.submit.call(form);
});
