// Fold and unfold all branches of a conversation, and unfold the way to the message that a link names.

const outline = document.querySelector("[data-branches]");
const tools = document.querySelector("[data-branches-tools]");
const branches = [...outline.querySelectorAll("details.branch")];

const setAll = (open) => {
  for (const branch of branches) branch.open = open;
};

function showTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  let folded = false;
  for (let at = target.parentElement?.closest("details.branch"); at; at = at.parentElement.closest("details.branch")) {
    folded ||= !at.open;
    at.open = true;
  }
  if (folded) target.scrollIntoView();
}

if (branches.length > 1) {
  tools.hidden = false;
  tools.querySelector("[data-branches-open]").addEventListener("click", () => setAll(true));
  tools.querySelector("[data-branches-close]").addEventListener("click", () => setAll(false));
}
addEventListener("hashchange", showTarget);
showTarget();
