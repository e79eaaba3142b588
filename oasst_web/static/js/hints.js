// While somebody writes, ask the server now and then whether there is something to be said of the text.

import { part } from "./posting.js";

const PAUSE = 1_200;
const SHORTEST = 5;

for (const place of document.querySelectorAll("[data-hints]")) {
  const form = place.closest("form");
  const text = form.querySelector("textarea");
  let timer = 0;
  let asked = null;
  let last = "";

  async function ask() {
    clearTimeout(timer);
    asked?.abort();
    if (text.value.trim().length < SHORTEST) {
      place.replaceChildren();
      last = "";
      return;
    }
    const mine = (asked = new AbortController());
    try {
      const html = (await part(place.dataset.hints, form, mine.signal)).trim();
      // Nobody loses the button under their fingers, and what is the same is not read out again.
      const busy = place.contains(document.activeElement) && document.activeElement.type !== "checkbox";
      if (mine !== asked || html === last || busy) return;
      place.innerHTML = html;
      last = html;
    } catch {
      // Hints can wait.
    }
  }

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  };
  text.addEventListener("input", later);
  document.addEventListener("draft:restored", later);
  form.addEventListener("text:looked-at", ask);
  place.addEventListener("change", (event) => {
    if (event.target.name === "meant") ask();
  });
  if (text.value && !place.childElementCount) later();
}
