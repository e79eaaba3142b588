// Keep the time left on a task true, minute by minute, and say once when little is left. No countdown by the second.

const MINUTE = 60_000;
const SOON = 5;
const CREDIBLE = 10 * MINUTE; // a page may be some minutes old; a clock that is further off is wrong

for (const place of document.querySelectorAll("[data-time-left]")) start(place);

function start(place) {
  const shown = place.querySelector("[data-time-shown]");
  const soon = place.querySelector("[data-time-soon]");
  const skew = Date.now() - Date.parse(place.dataset.timeNow);
  const end = Date.parse(place.dataset.timeLeft) + (Math.abs(skew) > CREDIBLE ? skew : 0);
  const lang = document.documentElement.lang;
  const number = (value, unit) =>
    new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(value);

  function tick() {
    const minutes = Math.ceil((end - Date.now()) / MINUTE);
    if (minutes <= 0) {
      shown.textContent = place.dataset.timeOver;
      soon.hidden = true;
      return;
    }
    const parts = [];
    if (minutes >= 60) parts.push(number(Math.floor(minutes / 60), "hour"));
    if (minutes % 60) parts.push(number(minutes % 60, "minute"));
    const left = new Intl.ListFormat(lang, { type: "unit" }).format(parts);
    shown.textContent = place.dataset.timeSaid.replace("{left}", left);
    if (minutes <= SOON && soon.hidden) {
      soon.hidden = false;
      soon.textContent = soon.dataset.timeSoon;
    }
    setTimeout(tick, MINUTE / 2);
  }

  tick();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() > end) tick(); // timers sleep with the device
  });
}
