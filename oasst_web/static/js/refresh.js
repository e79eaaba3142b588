// When somebody comes back to this page, what refreshes by itself is asked for at once.

document.addEventListener("visibilitychange", () => {
  const live = document.getElementById("live");
  if (document.visibilityState === "visible" && live) globalThis.htmx?.trigger(live, "refresh");
});
