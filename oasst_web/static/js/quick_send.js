// Ctrl+Enter (or Cmd+Enter) sends the answer.

for (const form of document.querySelectorAll("[data-quick-send]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
