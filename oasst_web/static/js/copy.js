// Copy a text with one click, where the browser lets a page do that.

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(text.value);
        button.textContent = button.dataset.copyDone;
      } catch {
        text.select(); // then by hand
      }
    });
  }
}
