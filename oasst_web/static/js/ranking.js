// Put replies in order by buttons, by dragging, or by arrow keys. The select boxes stay the truth that is sent.
//
// On a wide screen the replies stand beside each other, in the direction of writing, then in the next row.

/** So near to the upper or lower edge of the window, what is dragged scrolls the page. */
const EDGE = 70;
const PACE = 12;

for (const ranking of document.querySelectorAll("[data-ranking]")) start(ranking);

function start(ranking) {
  const list = ranking.querySelector("[data-ranking-list]");
  const said = ranking.querySelector("[data-ranking-said]");
  const items = () => [...list.children];
  const selectOf = (item) => item.querySelector("select");
  const tieOf = (item) => item.querySelector("[data-ranking-tie]");
  const rightToLeft = () => getComputedStyle(list).direction === "rtl";
  const sideBySide = () => getComputedStyle(list).gridTemplateColumns.split(" ").length > 1;
  const placed = () => items().some((item) => selectOf(item).value);

  for (const part of ranking.querySelectorAll("[data-ranking-tools], [data-ranking-handle], [data-ranking-moves]")) {
    part.hidden = false;
  }

  /** Write the places from the order on the page; a tied reply shares the place of the one above it. */
  function number() {
    let place = 0;
    items().forEach((item, at) => {
      if (at === 0) item.classList.remove("tied");
      if (!item.classList.contains("tied")) place += 1;
      selectOf(item).value = String(place);
    });
    draw();
    list.dispatchEvent(new Event("input", { bubbles: true })); // as if it had been chosen in the boxes
  }

  function draw() {
    items().forEach((item, at, all) => {
      item.querySelector("[data-ranking-up]").disabled = at === 0;
      item.querySelector("[data-ranking-down]").disabled = at === all.length - 1;
      tieOf(item).disabled = at === 0;
      tieOf(item).setAttribute("aria-pressed", String(item.classList.contains("tied")));
    });
  }

  /** Sort the page by the select boxes, once each of them has a place. */
  function follow() {
    if (items().every((item) => selectOf(item).value)) {
      const sorted = items().sort((a, b) => Number(selectOf(a).value) - Number(selectOf(b).value));
      sorted.forEach((item, at) => {
        const above = sorted[at - 1];
        item.classList.toggle("tied", Boolean(above) && selectOf(above).value === selectOf(item).value);
      });
      if (sorted.some((item, at) => item !== list.children[at])) list.append(...sorted);
    }
    draw();
  }

  function say(item, sentence) {
    said.textContent = sentence
      .replace("{letter}", item.dataset.rankingItem)
      .replace("{place}", selectOf(item).value)
      .replace("{count}", String(items().length));
  }

  /** Whoever moves leaves their ties behind. */
  function untie(item) {
    item.nextElementSibling?.classList.remove("tied");
    item.classList.remove("tied");
  }

  function move(item, by) {
    const all = items();
    const to = all.indexOf(item) + by;
    if (to < 0 || to >= all.length) return;
    untie(item);
    if (by < 0) all[to].before(item);
    else all[to].after(item);
    item.nextElementSibling?.classList.remove("tied");
    number();
    say(item, ranking.dataset.rankingMoved);
    item.scrollIntoView({ block: "nearest" });
  }

  function tie(item) {
    if (item === list.firstElementChild) return;
    item.classList.toggle("tied");
    number();
    say(item, item.classList.contains("tied") ? ranking.dataset.rankingTied : ranking.dataset.rankingMoved);
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const item = button?.closest("[data-ranking-item]");
    if (!item) return;
    if (button.matches("[data-ranking-up]")) move(item, -1);
    else if (button.matches("[data-ranking-down]")) move(item, 1);
    else if (button.matches("[data-ranking-tie]")) tie(item);
    else return;
    if (!button.disabled) button.focus();
    else item.querySelector("[data-ranking-handle]").focus();
  });

  list.addEventListener("keydown", (event) => {
    if (!event.target.matches("[data-ranking-handle]")) return;
    const item = event.target.closest("[data-ranking-item]");
    const [back, forth] = rightToLeft() ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
    if (event.key === "ArrowUp" || event.key === back) move(item, -1);
    else if (event.key === "ArrowDown" || event.key === forth) move(item, 1);
    else if (event.key === "=") tie(item);
    else return;
    event.preventDefault();
    event.target.focus();
  });

  list.addEventListener("change", (event) => {
    if (event.target.matches("select")) {
      const focused = event.target;
      follow();
      focused.focus();
    }
  });

  /** How far a point is from a box; nothing when it is inside. */
  function distance({ left, right, top, bottom }, x, y) {
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  }

  /** Put the carried reply where the pointer is: before or after the one that is nearest to it. */
  function carry(item, x, y) {
    const boxes = items().map((other) => [other, other.getBoundingClientRect()]);
    const [near, box] = boxes.reduce((best, each) => (distance(each[1], x, y) < distance(best[1], x, y) ? each : best));
    if (near === item) return false;
    const middle = sideBySide() ? (box.left + box.right) / 2 : (box.top + box.bottom) / 2;
    const past = sideBySide() ? x > middle !== rightToLeft() : y > middle;
    const all = items();
    const from = all.indexOf(item);
    const to = all.filter((other) => other !== item).indexOf(near) + Number(past);
    if (to === from) return false;
    untie(item);
    // The others make room: taken out of the page, even for a moment, what is carried would be let go.
    if (to > from) item.before(...all.slice(from + 1, to + 1));
    else item.after(...all.slice(to, from));
    item.nextElementSibling?.classList.remove("tied");
    return true;
  }

  for (const handle of list.querySelectorAll("[data-ranking-handle]")) {
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const item = handle.closest("[data-ranking-item]");
      let moved = false;
      let [x, y] = [event.clientX, event.clientY];
      let held = true;
      handle.setPointerCapture(event.pointerId);
      item.classList.add("carried");
      const drag = (at) => {
        [x, y] = [at.clientX, at.clientY];
        moved = carry(item, x, y) || moved;
      };
      const scroll = () => {
        if (!held) return;
        const by = y < EDGE ? -PACE : y > innerHeight - EDGE ? PACE : 0;
        if (by) {
          scrollBy({ top: by, behavior: "instant" });
          moved = carry(item, x, y) || moved;
        }
        requestAnimationFrame(scroll);
      };
      const drop = () => {
        held = false;
        handle.removeEventListener("pointermove", drag);
        handle.removeEventListener("pointerup", drop);
        handle.removeEventListener("pointercancel", drop);
        item.classList.remove("carried");
        if (!moved) return;
        number();
        say(item, ranking.dataset.rankingMoved);
        handle.focus({ preventScroll: true });
      };
      handle.addEventListener("pointermove", drag);
      handle.addEventListener("pointerup", drop);
      handle.addEventListener("pointercancel", drop);
      requestAnimationFrame(scroll);
    });
  }

  ranking.querySelector("[data-ranking-as-shown]").addEventListener("click", () => {
    number();
    say(list.firstElementChild, ranking.dataset.rankingMoved);
  });

  /** What was typed must not hide. */
  function unfold() {
    for (const text of ranking.closest("form").querySelectorAll("details textarea")) {
      if (text.value) text.closest("details").open = true;
    }
  }

  document.addEventListener("draft:restored", () => {
    follow();
    unfold();
  });
  unfold();
  if (placed()) follow();
  else draw();
}
