// Count the characters while typing, as the server counts them: code points, without NUL and without outer white space.
// Characters and not words: many languages put no spaces between words.

const NEAR = 100; // from here on, those who listen are told how many are left

// What Python takes for white space, and JavaScript partly not.
const OUTER = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const TRIMMED = new RegExp(`^${OUTER}|${OUTER}$`, "g");

const countOf = (text) => [...text.replace(/\r\n?/g, "\n").replaceAll("\0", "").replace(TRIMMED, "")].length;

for (const field of document.querySelectorAll("[data-counter]")) {
  const text = field.querySelector("textarea");
  const shown = field.querySelector("[data-counter-shown]");
  const said = field.querySelector("[data-counter-said]");
  const limit = Number(shown.dataset.counterLimit);
  let timer = 0;
  const count = () => {
    const used = countOf(text.value);
    const over = used > limit;
    const sentence = over ? shown.dataset.counterOver : shown.dataset.counterLeft;
    shown.textContent = sentence.replace("{n}", String(Math.abs(limit - used)));
    shown.classList.toggle("error", over);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (over) said.textContent = shown.textContent;
      else said.textContent = limit - used < NEAR ? said.dataset.counterLeft.replace("{n}", String(limit - used)) : "";
    }, 1000);
  };
  text.addEventListener("input", count);
  document.addEventListener("draft:restored", count);
  count();
}
