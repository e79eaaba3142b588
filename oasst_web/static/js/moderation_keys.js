// One key for each decision: it does what a click on the thing with this key would do.
//
// Never inside a text field, never with Ctrl, Alt or Cmd, and never again while a key is held down. What opens a part of
// the page puts the focus on the button in it, so that a second key, Enter, decides.

const TYPING = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.matches(TYPING)) return;
  const key = event.key.toLowerCase();
  if (!/^[a-z]$/.test(key)) return;
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
  const part = target.closest("details");
  if (target.matches("summary") && part?.open) part.querySelector("textarea, button")?.focus();
});
