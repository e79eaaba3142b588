// A button with an address of its own sends the form there as it is, past the script that sends answers.

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[formaction]");
  if (!button?.form || event.defaultPrevented) return;
  event.preventDefault();
  const { form } = button;
  const { action } = form;
  let said = null;
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  if (cookie && form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = cookie[1];
  if (button.name) {
    said = document.createElement("input");
    said.type = "hidden";
    said.name = button.name;
    said.value = button.value;
    form.append(said);
  }
  form.action = button.formAction;
  document.dispatchEvent(new CustomEvent("answer:leaving"));
  HTMLFormElement.prototype.submit.call(form);
  // As before, for whoever comes back to this page from the browser's memory and sends it.
  form.action = action;
  said?.remove();
});
