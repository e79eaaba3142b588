// Hand a link on: by the phone's own sheet, or copied. Where neither is there, it is a link like any other.

const said = document.querySelector("[data-share-said]");

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-share]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (!navigator.share && !navigator.clipboard) return;
  event.preventDefault();
  try {
    if (navigator.share) {
      await navigator.share({ url: link.href });
    } else {
      await navigator.clipboard.writeText(link.href);
      link.firstChild.textContent = link.dataset.share;
      said.textContent = said.dataset.shareSaid;
    }
  } catch (problem) {
    if (problem.name !== "AbortError") location.assign(link.href); // closing the sheet again is no failure
  }
});
