// Where there is room, show the middle of a long conversation at once. On a phone it stays folded until asked for.

if (matchMedia("(width >= 46rem)").matches) {
  for (const middle of document.querySelectorAll("details[data-fold]")) middle.open = true;
}
