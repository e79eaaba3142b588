// Keep what is typed for a task on this device until it is stored, and bring it back when the page is opened again.

const PREFIX = "draft:";
const KEEP_DAYS = 14;
const SKIPPED = new Set(["csrfmiddlewaretoken", "straight_on"]);

const storage = (() => {
  try {
    localStorage.setItem("draft?", "");
    localStorage.removeItem("draft?");
    return localStorage;
  } catch {
    return null; // private mode, or switched off: the page works without
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

const collect = (form) =>
  fieldsOf(form)
    .filter((field) => !["checkbox", "radio"].includes(field.type) || field.checked)
    .filter((field) => field.value !== "")
    .map((field) => [field.name, field.value]);

const restore = (form, pairs) => {
  for (const field of fieldsOf(form)) {
    const values = pairs.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === "checkbox" || field.type === "radio") {
      if (field.type === "checkbox" || values.length) field.checked = values.includes(field.value);
    } else if (values.length && field.value === (field.defaultValue ?? "")) {
      [field.value] = values; // unless somebody was quicker than this script
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

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = PREFIX + form.dataset.draft;
    const note = form.querySelector("[data-draft-note]");
    const kept = read(key);
    // A page the server gave back with the answer in it knows better than this device.
    if (kept?.pairs?.length && !("draftBound" in form.dataset)) {
      restore(form, kept.pairs);
      note.hidden = false;
    }
    const keep = () => {
      const pairs = collect(form);
      if (pairs.length) storage.setItem(key, JSON.stringify({ at: Date.now(), pairs }));
      else storage.removeItem(key);
    };
    form.addEventListener("input", keep);
    form.addEventListener("change", keep);
    keep(); // what was typed before this script ran
    note.querySelector("[data-draft-clear]").addEventListener("click", () => {
      storage.removeItem(key);
      form.reset();
      note.hidden = true;
      document.dispatchEvent(new CustomEvent("draft:restored"));
      form.querySelector("textarea, select, input:not([type=hidden])")?.focus();
    });
  }
}
