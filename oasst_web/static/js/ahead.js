// While somebody works who wants to go straight on, claim the next task and fetch its page; give it back if they leave.

for (const form of document.querySelectorAll("form[data-ahead]")) start(form);

function start(form) {
  const address = form.dataset.ahead;
  const box = form.elements.straight_on;
  let begun = false; // they have begun to answer
  let claimed = false;
  let sent = false;

  const values = (more) => {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    for (const [name, value] of Object.entries(more)) data.set(name, value);
    return data;
  };

  async function claim() {
    if (claimed || sent || !begun || !box?.checked) return;
    claimed = true;
    try {
      const response = await fetch(address, { method: "POST", body: values({}) });
      if (response.status !== 200) return;
      const { next } = await response.json();
      const page = await fetch(next, { headers: { "X-Ahead": "1" } });
      await page.text(); // into the browser's memory, where the next page is looked for
    } catch {
      claimed = false; // no connection: the next task comes when it is asked for
    }
  }

  /** At once, also while the page goes away. */
  function giveBack() {
    if (!claimed) return;
    claimed = false;
    navigator.sendBeacon(address, values({ stop: "1" }));
  }

  form.addEventListener("input", (event) => {
    if (event.target !== box) begun = true;
    claim();
  });
  box?.addEventListener("change", () => (box.checked ? claim() : giveBack()));
  document.addEventListener("answer:stored", () => (sent = true));
  document.addEventListener("answer:leaving", () => (sent = true));
  addEventListener("pagehide", () => {
    if (!sent) giveBack();
  });
}
