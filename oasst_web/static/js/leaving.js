// Ask before somebody leaves with text that only this device knows. Once the server has it, nothing is lost.

for (const form of document.querySelectorAll("form[data-leaving]")) {
  let unsaved = false;
  const calm = () => (unsaved = false);
  const wary = () => {
    unsaved = [...form.querySelectorAll("textarea")].some((text) => text.value.trim());
  };
  form.addEventListener("draft:changed", wary);
  document.addEventListener("answer:waiting", wary);
  form.addEventListener("draft:saved", calm);
  // Whatever form of this page is sent, they mean to.
  document.addEventListener("submit", calm);
  document.addEventListener("answer:leaving", calm);
  document.addEventListener("answer:stored", calm);
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
}
