// Count the characters left while typing. Like the server, it counts code points of the trimmed text.

for (const field of document.querySelectorAll("[data-counter]")) {
  const text = field.querySelector("textarea");
  const shown = field.querySelector("[data-counter-shown]");
  const limit = Number(shown.dataset.counterLimit);
  const count = () => {
    const left = limit - [...text.value.replace(/\r\n?/g, "\n").trim()].length;
    const sentence = left < 0 ? shown.dataset.counterOver : shown.dataset.counterLeft;
    shown.textContent = sentence.replace("{n}", String(Math.abs(left)));
    shown.classList.toggle("error", left < 0);
  };
  text.addEventListener("input", count);
  document.addEventListener("draft:restored", count);
  count();
}
