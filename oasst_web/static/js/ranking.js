// Put replies in order by buttons, by dragging, or by arrow keys. The select boxes stay the truth that is sent.

for (const ranking of document.querySelectorAll("[data-ranking]")) start(ranking);

function start(ranking) {
  const list = ranking.querySelector("[data-ranking-list]");
  const said = ranking.querySelector("[data-ranking-said]");
  const items = () => [...list.children];
  const selectOf = (item) => item.querySelector("select");
  const tieOf = (item) => item.querySelector("[data-ranking-tie]");
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
    list.dispatchEvent(new Event("change", { bubbles: true }));
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
    if (event.key === "ArrowUp") move(item, -1);
    else if (event.key === "ArrowDown") move(item, 1);
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

  for (const handle of list.querySelectorAll("[data-ranking-handle]")) {
    handle.addEventListener("pointerdown", (event) => {
      const item = handle.closest("[data-ranking-item]");
      let moved = false;
      handle.setPointerCapture(event.pointerId);
      item.classList.add("carried");
      const drag = ({ clientY }) => {
        const above = item.previousElementSibling;
        const below = item.nextElementSibling;
        const middle = (other) => other.getBoundingClientRect().top + other.getBoundingClientRect().height / 2;
        if (above && clientY < middle(above)) {
          untie(item);
          above.before(item);
        } else if (below && clientY > middle(below)) {
          untie(item);
          below.after(item);
        } else return;
        item.nextElementSibling?.classList.remove("tied");
        moved = true;
      };
      const drop = () => {
        handle.removeEventListener("pointermove", drag);
        item.classList.remove("carried");
        if (moved) {
          number();
          say(item, ranking.dataset.rankingMoved);
        }
      };
      handle.addEventListener("pointermove", drag);
      handle.addEventListener("pointerup", drop, { once: true });
      handle.addEventListener("pointercancel", drop, { once: true });
    });
  }

  ranking.querySelector("[data-ranking-as-shown]").addEventListener("click", () => {
    number();
    say(list.firstElementChild, ranking.dataset.rankingMoved);
  });

  document.addEventListener("draft:restored", follow);
  if (placed()) follow();
  else draw();
}
