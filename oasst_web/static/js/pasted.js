// Count the characters that were pasted and not typed, for the record, and ask about it once. Nobody is kept from sending.

const MOST = 0.6;
const LONG = 200;

for (const text of document.querySelectorAll("[data-pasted-in]")) {
  const { form } = text;
  const count = form.querySelector("[data-pasted]");
  const asked = form.querySelector("[data-pasted-asked]");
  const question = form.querySelector("[data-pasted-question]");
  const own = new Set(); // cut or copied from this very text, to be put elsewhere in it
  let carried = false;

  const length = (value) => [...value].length;
  const note = (pasted) => {
    count.value = String(Math.min(pasted, length(text.value)));
    const most = Number(count.value) > MOST * length(text.value) && length(text.value) > LONG;
    if (most && !asked.value) question.hidden = false;
    if (!text.value) question.hidden = true;
  };
  const take = (pasted) => {
    const words = pasted?.replace(/\r\n?/g, "\n"); // Windows hands over other line ends than a text has
    if (!words || own.has(words)) return;
    const before = Number(count.value || 0);
    // It is in the text only after this event.
    setTimeout(() => {
      note(before + length(words));
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };

  note(Number(count.value || 0)); // from now on somebody counts: nothing pasted is 0, and not unknown
  for (const name of ["cut", "copy"]) {
    text.addEventListener(name, () => own.add(text.value.slice(text.selectionStart, text.selectionEnd)));
  }
  text.addEventListener("paste", (event) => take(event.clipboardData?.getData("text/plain")));
  text.addEventListener("dragstart", () => (carried = true));
  text.addEventListener("dragend", () => (carried = false));
  text.addEventListener("drop", (event) => {
    if (!carried) take(event.dataTransfer?.getData("text/plain"));
  });
  text.addEventListener("input", () => note(Number(count.value || 0)));
  document.addEventListener("draft:restored", () => note(Number(count.value || 0)));
  question.querySelector("[data-pasted-mine]").addEventListener("click", () => {
    asked.value = "yes";
    question.hidden = true;
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
