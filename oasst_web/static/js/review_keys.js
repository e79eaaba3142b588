// Answer the questions of a review by keys, and count what is answered.
//
// Keys work only while a question has the focus, so nobody answers by accident, and never with Ctrl, Alt or Cmd.

const TYPING = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])";

for (const review of document.querySelectorAll("[data-review]")) start(review);

function start(review) {
  const questions = [...review.querySelectorAll("[data-question]")];
  const progress = review.querySelector("[data-review-progress]");
  const keys = review.querySelector("[data-review-keys]");

  const answered = (question) =>
    [...question.querySelectorAll("input")].some((input) => input.checked && input.value !== "");

  function count() {
    progress.textContent = progress.dataset.reviewProgress
      .replace("{done}", questions.filter(answered).length)
      .replace("{count}", questions.length);
  }

  /** The next question, or the button that sends, gets the focus. */
  function goOn(question) {
    const next = questions[questions.indexOf(question) + 1];
    const target = next
      ? (next.querySelector("input:checked") ?? next.querySelector("input"))
      : review.closest("form")?.querySelector(".button.primary");
    target?.focus();
  }

  function press(event) {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.matches(TYPING) || document.querySelector("dialog[open]")) return;
    const question = event.target.closest("[data-question]");
    const key = event.key.toLowerCase();
    const choice = /^[a-z0-9]$/.test(key) ? question?.querySelector(`input[data-key="${key}"]`) : null;
    if (!choice) return;
    event.preventDefault();
    if (!choice.checked) {
      choice.checked = true;
      choice.dispatchEvent(new Event("input", { bubbles: true }));
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    }
    goOn(question);
  }

  review.addEventListener("keydown", press);
  review.addEventListener("change", count);
  document.addEventListener("draft:restored", count);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && keys.open) keys.open = false;
  });
  progress.hidden = false;
  keys.hidden = false;
  count();
}
