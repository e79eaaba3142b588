// Keep what is typed for a task until it is stored: on this device at once, on the server a moment later. The newest
// comes back when the page is opened again, here or elsewhere. Others hear of it by events on the form: `draft:changed`,
// `draft:saved` (on the server), `draft:here` (only on this device), and `draft:restored` on the document.

import { fieldsOf as posted } from "./posting.js";

const PREFIX = "draft:";
const KEEP_DAYS = 14;
const SKIPPED = new Set(["csrfmiddlewaretoken", "straight_on", "preview", "move_to", "add_language"]);
const ABOUT_TEXT = new Set(["pasted", "asked", "meant"]);
const PAUSE = 1_500; // without a key, before the server is told
const LONGEST = 10_000; // and while somebody types without a pause
const SAME = 5; // seconds by which times of the same draft may differ: pages take a while to come
const AGAIN = 10_000; // after the server could not be reached
const REFUSED = new Set([403, 404, 409, 413, 451]); // it would be refused again

const storage = (() => {
  try {
    localStorage.setItem("draft?", "");
    localStorage.removeItem("draft?");
    return localStorage;
  } catch {
    return null; // private mode, or switched off: then only the server keeps it
  }
})();

const read = (key) => {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
};

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !SKIPPED.has(field.name));
const isTicked = (field) => ["checkbox", "radio"].includes(field.type);

/** What was typed and chosen. What is only known about a text is nothing without it. */
const collect = (form) => {
  const pairs = fieldsOf(form)
    .filter((field) => field.type !== "submit" && (!isTicked(field) || field.checked))
    .filter((field) => field.value !== "")
    .map((field) => [field.name, field.value]);
  return pairs.every(([name]) => ABOUT_TEXT.has(name)) ? [] : pairs;
};

const said = (pairs) => JSON.stringify(pairs.filter(([name]) => !ABOUT_TEXT.has(name)));

const asLoaded = (field) => field.value === (field.defaultValue ?? "") || field.tagName === "SELECT";

/** Put the values in. With `all`, fields that have none become empty. */
const restore = (form, pairs, all) => {
  for (const field of fieldsOf(form)) {
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
    if (isTicked(field)) {
      if (field.type === "checkbox" || values.length || all) field.checked = values.includes(field.value);
    } else if (asLoaded(field) && (values.length || all)) {
      field.value = values[0] ?? ""; // unless somebody was quicker than this script
    }
  }
  document.dispatchEvent(new CustomEvent("draft:restored"));
};

if (storage) {
  const oldest = Date.now() - KEEP_DAYS * 24 * 3600 * 1000;
  for (const key of Object.keys(storage)) {
    if (key.startsWith(PREFIX) && !((read(key)?.at ?? 0) > oldest)) storage.removeItem(key);
  }
  for (const done of document.querySelectorAll("[data-draft-finished]")) {
    storage.removeItem(PREFIX + done.dataset.draftFinished);
  }
}

for (const form of document.querySelectorAll("form[data-draft]")) keep(form);

function keep(form) {
  const key = PREFIX + form.dataset.draft;
  const url = form.dataset.draftUrl; // none: only this device keeps it
  const note = form.querySelector("[data-draft-note]");
  const state = form.querySelector("[data-draft-state]");
  const clear = note.querySelector("[data-draft-clear]");
  // Clocks differ, and the newest counts: all times are in seconds of the server's.
  let ahead = form.dataset.draftNow ? Number(form.dataset.draftNow) - Date.now() / 1000 : 0;
  let saved = Number(form.dataset.draftSaved ?? 0); // when the server last had one
  let typed = 0; // when a key was last pressed, by the clock of this device
  let told = 0; // the `typed` that the server has
  let known = ""; // what the server has, or this page began with
  let timer = 0;
  let since = 0; // when the first key was pressed that the server does not know
  let over = false; // the answer is on its way, or nothing more is taken

  const say = (name) => {
    if (state) state.textContent = name ? (state.dataset[name] ?? "") : "";
  };
  const tell = (name) => form.dispatchEvent(new CustomEvent(name, { bubbles: true }));

  const kept = storage && read(key);
  // What this device sent to the server itself is from this device.
  const mineIsNewer = kept && kept.at / 1000 + ahead > saved - SAME;
  clear.hidden = false;
  known = JSON.stringify(collect(form));
  // A page the server gave back with the answer in it knows better than this device.
  if (kept?.pairs && mineIsNewer && !("draftBound" in form.dataset)) {
    const same = said(kept.pairs) === said(collect(form));
    restore(form, kept.pairs, saved > 0);
    note.hidden = !kept.pairs.length || (same && !saved);
    for (const from of note.querySelectorAll("[data-draft-from]")) from.hidden = from.dataset.draftFrom !== "device";
  }

  function here() {
    if (!storage) return;
    const pairs = collect(form);
    try {
      // Emptied: that is newer than what the server may have.
      if (pairs.length || saved) storage.setItem(key, JSON.stringify({ at: Date.now(), pairs }));
      else storage.removeItem(key);
    } catch {
      // full
    }
  }

  function changed() {
    const now = JSON.stringify(collect(form));
    if (now === known && !told && !typed) return; // the script itself filled something in
    over = false;
    typed = Date.now();
    since ||= typed;
    here();
    tell("draft:changed");
    if (!url) return;
    clearTimeout(timer);
    timer = setTimeout(push, Math.min(PAUSE, Math.max(0, since + LONGEST - typed)));
  }

  function message() {
    const data = posted(form);
    for (const name of SKIPPED) if (name !== "csrfmiddlewaretoken") data.delete(name);
    data.set("typed_at", String(typed / 1000 + ahead));
    return data;
  }

  async function push() {
    clearTimeout(timer);
    if (over || !url || typed <= told) return;
    const sent = typed;
    let response;
    try {
      response = await fetch(url, { method: "POST", body: message(), signal: AbortSignal.timeout(AGAIN) });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const answer = await response.json();
      ahead = answer.now - Date.now() / 1000;
      saved = answer.now;
    } catch {
      say("draftStateHere");
      tell("draft:here");
      if (response && REFUSED.has(response.status)) over = true;
      else timer = setTimeout(push, AGAIN);
      return;
    }
    told = sent;
    if (typed > told) return; // a key was pressed meanwhile, and its turn comes
    since = 0;
    say("draftStateSaved");
    tell("draft:saved");
  }

  form.addEventListener("input", (event) => {
    if (!SKIPPED.has(event.target.name)) changed();
  });
  form.addEventListener("change", (event) => {
    if (!SKIPPED.has(event.target.name)) changed();
  });
  if (JSON.stringify(collect(form)) !== known) changed(); // typed before this script ran, or only known here
  else here();

  addEventListener("online", push);
  // The last moment at which a phone says anything.
  const last = () => {
    if (!over && url && typed > told && navigator.sendBeacon(url, message())) told = typed;
  };
  addEventListener("pagehide", last);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") last();
  });

  form.addEventListener("submit", () => (over = true));
  document.addEventListener("answer:leaving", () => (over = true));
  document.addEventListener("answer:stored", () => {
    over = true;
    storage?.removeItem(key);
  });

  clear.addEventListener("click", () => {
    // A message to be corrected begins with its text, anything else with nothing.
    if (!url) form.reset();
    for (const field of url ? fieldsOf(form) : []) {
      if (isTicked(field)) field.checked = field.type === "radio" && field.value === "";
      else field.value = "";
    }
    note.hidden = true;
    changed();
    document.dispatchEvent(new CustomEvent("draft:restored"));
    form.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  });
}
