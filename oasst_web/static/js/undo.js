// Count down the seconds in which an answer can be taken back, then take the offer away.

function start(offer) {
  const left = offer.querySelector("[data-undo-left]");
  const end = Date.now() + Number(offer.dataset.undo) * 1000;
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds > 0) {
      left.textContent = `(${seconds})`;
      setTimeout(tick, 250);
      return;
    }
    // Never take a button from under somebody's fingers: the server gives some grace, or says that it is too late.
    if (offer.contains(document.activeElement)) {
      left.textContent = "";
      offer.addEventListener("focusout", () => offer.remove(), { once: true });
    } else offer.remove();
  };
  tick();
}

for (const offer of document.querySelectorAll("[data-undo]")) start(offer);

// A page that was fetched before the answer was sent is told of it later.
new MutationObserver((changes) => {
  for (const node of changes.flatMap((change) => [...change.addedNodes])) {
    if (!(node instanceof Element)) continue;
    for (const offer of node.matches("[data-undo]") ? [node] : node.querySelectorAll("[data-undo]")) start(offer);
  }
}).observe(document.body, { childList: true, subtree: true });
