// Mark word by word what a reply has that another one has not, and what it lacks. Found by data-compare.

/** Words in scripts without spaces are taken letter by letter, and so are the signs between words. */
const PART =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*|[\p{L}\p{M}\p{N}_’']+|[^\s\p{L}\p{N}]/gu;
/** Cells of the table of common parts: some 2,000 parts on each side. */
const CELLS = 4_000_000;
/** From this share of common parts on, two replies are nearly the same. */
const NEAR = 0.8;

export const partsOf = (text) => [...text.matchAll(PART)].map((found) => ({ text: found[0], at: found.index }));

/** Pairs of places of a longest common subsequence, in order; null if the two are too long for that. */
export function common(here, there) {
  let first = 0;
  let lastHere = here.length;
  let lastThere = there.length;
  while (first < lastHere && first < lastThere && here[first] === there[first]) first += 1;
  while (lastHere > first && lastThere > first && here[lastHere - 1] === there[lastThere - 1]) {
    lastHere -= 1;
    lastThere -= 1;
  }
  const rows = lastHere - first;
  const columns = lastThere - first;
  if (rows * columns > CELLS) return null;
  const wide = columns + 1;
  const length = new Uint16Array((rows + 1) * wide);
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      length[row * wide + column] =
        here[first + row] === there[first + column]
          ? length[(row + 1) * wide + column + 1] + 1
          : Math.max(length[(row + 1) * wide + column], length[row * wide + column + 1]);
    }
  }
  const pairs = [];
  for (let at = 0; at < first; at += 1) pairs.push([at, at]);
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    if (here[first + row] === there[first + column]) {
      pairs.push([first + row, first + column]);
      row += 1;
      column += 1;
    } else if (length[(row + 1) * wide + column] >= length[row * wide + column + 1]) row += 1;
    else column += 1;
  }
  for (let at = lastHere; at < here.length; at += 1) pairs.push([at, lastThere + at - lastHere]);
  return pairs;
}

/** Share of parts that two texts have in common, whatever their order: quick, to know what is worth comparing. */
export function likeness(here, there) {
  const counts = new Map();
  for (const part of here) counts.set(part, (counts.get(part) ?? 0) + 1);
  let both = 0;
  for (const part of there) {
    const left = counts.get(part) ?? 0;
    if (left) {
      both += 1;
      counts.set(part, left - 1);
    }
  }
  return here.length + there.length ? (2 * both) / (here.length + there.length) : 1;
}

const textsIn = (element) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
};

/** Every part of a rendered text with the node it stands in. */
const partsIn = (element) => textsIn(element).flatMap((node) => partsOf(node.data).map((part) => ({ ...part, node })));

/** A mark that is seen by its line and heard by its words; both without colour. */
function mark(tag, text, words) {
  const marked = document.createElement(tag);
  const heard = document.createElement("span");
  heard.className = "for-listeners";
  heard.textContent = ` ${words} `;
  marked.append(heard, text);
  return marked;
}

/** The text as it is shown between these parts: what stands between two of them in one node belongs to them. */
function span(parts, from, to) {
  let text = "";
  for (let at = from; at < to; at += 1) {
    const [part, next] = [parts[at], parts[at + 1]];
    const together = at + 1 < to && part.node === next.node;
    text += part.text;
    if (together) text += part.node.data.slice(part.at + part.text.length, next.at);
    else if (at + 1 < to) text += " ";
  }
  return text;
}

/** A copy of `shown` with marks against `other`; null if they are too long. `same`: nothing had to be marked. */
export function compared(shown, other, { here, there }) {
  const copy = shown.cloneNode(true);
  copy.removeAttribute("id");
  const mine = partsIn(copy);
  const theirs = partsIn(other);
  const pairs = common(
    mine.map((part) => part.text),
    theirs.map((part) => part.text),
  );
  if (!pairs) return null;
  // Work backwards, so that the places of what comes before stay right.
  let [nextMine, nextTheirs] = [mine.length, theirs.length];
  let same = true;
  for (const [atMine, atTheirs] of [...pairs, [-1, -1]].sort((a, b) => b[0] - a[0])) {
    if (nextTheirs > atTheirs + 1) {
      same = false;
      const lacking = mark("del", span(theirs, atTheirs + 1, nextTheirs), there);
      const before = mine[nextMine];
      if (before) {
        before.node.splitText(before.at).before(lacking);
      } else {
        const last = mine.at(-1);
        if (last) last.node.parentNode.append(lacking);
        else copy.append(lacking);
      }
    }
    for (let to = nextMine; to > atMine + 1; ) {
      same = false;
      let from = to - 1;
      while (from > atMine + 1 && mine[from - 1].node === mine[to - 1].node) from -= 1;
      const [first, last] = [mine[from], mine[to - 1]];
      const rest = first.node.splitText(first.at);
      rest.splitText(last.at + last.text.length - first.at);
      const added = mark("ins", rest.data, here);
      rest.replaceWith(added);
      to = from;
    }
    [nextMine, nextTheirs] = [atMine, atTheirs];
  }
  return { copy, same };
}

for (const all of document.querySelectorAll("[data-compare-all]")) start(all);

function start(all) {
  const replies = new Map();
  for (const tools of all.querySelectorAll("[data-compare]")) {
    const prose = tools.closest("[data-ranking-item]").querySelector(".prose");
    const parts = partsOf(prose.textContent).map((part) => part.text);
    replies.set(tools.dataset.compare, { tools, prose, parts, marked: null });
  }

  function stop(reply) {
    reply.marked?.remove();
    reply.marked = null;
    reply.prose.hidden = false;
    reply.tools.querySelector("[data-compare-said]").textContent = "";
    for (const button of reply.tools.querySelectorAll("button")) button.setAttribute("aria-pressed", "false");
  }

  function compare(reply, letter, button) {
    const pressed = button.getAttribute("aria-pressed") === "true";
    stop(reply);
    if (pressed) return;
    const words = { here: all.dataset.compareHere, there: all.dataset.compareThere.replace("{letter}", letter) };
    const found = compared(reply.prose, replies.get(letter).prose, words);
    let say = all.dataset.compareLong;
    if (found) {
      say = found.same ? all.dataset.compareSame : all.dataset.compareLegend.replace("{letter}", letter);
      reply.marked = found.copy;
      reply.prose.after(found.copy);
      reply.prose.hidden = true;
    }
    button.setAttribute("aria-pressed", "true");
    reply.tools.querySelector("[data-compare-said]").textContent = say;
  }

  for (const reply of replies.values()) {
    reply.tools.hidden = false;
    for (const button of reply.tools.querySelectorAll("[data-compare-with]")) {
      const letter = button.dataset.compareWith;
      button.addEventListener("click", () => compare(reply, letter, button));
      if (likeness(reply.parts, replies.get(letter).parts) >= NEAR) {
        button.append(` (${all.dataset.compareNear})`);
        reply.tools.open = true;
      }
    }
    reply.tools.addEventListener("toggle", () => reply.tools.open || stop(reply));
  }
}
