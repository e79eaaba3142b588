// Show the text as readers will see it, without leaving the page; while it is shown, it follows the typing.

import { part } from "./posting.js";

const PAUSE = 600;

for (const button of document.querySelectorAll("[data-preview]")) {
  const { form } = button;
  const place = form.querySelector("[data-preview-shown]");
  const url = button.hasAttribute("formaction") ? button.formAction : form.action;
  let timer = 0;
  let asked = null;

  const open = (on) => {
    button.setAttribute("aria-expanded", String(on));
    place.hidden = !on;
  };
  open(place.childElementCount > 0);

  async function show() {
    asked?.abort();
    const mine = (asked = new AbortController());
    try {
      const html = await part(url, form, mine.signal);
      if (mine === asked) place.innerHTML = html;
    } catch {
      if (mine !== asked) return;
      const sentence = document.createElement("p");
      sentence.className = "notice warning";
      sentence.setAttribute("role", "status");
      sentence.textContent = button.dataset.previewFailed;
      place.replaceChildren(sentence);
    }
  }

  button.addEventListener("click", (event) => {
    event.preventDefault();
    open(place.hidden);
    if (!place.hidden) show();
    form.dispatchEvent(new CustomEvent("text:looked-at"));
  });
  const follow = () => {
    clearTimeout(timer);
    if (!place.hidden) timer = setTimeout(show, PAUSE);
  };
  form.querySelector("textarea").addEventListener("input", follow);
  document.addEventListener("draft:restored", follow);
}
