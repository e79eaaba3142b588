// Send an answer from its page: when the connection is gone the answer stays, and is sent when it is back.
//
// The task is the key of its answer, so sending twice stores once. What the server refuses is sent once more as a plain
// form: the page that says why is then an ordinary page. Others hear of it by events on the document: `answer:waiting`
// when it will be sent again, `answer:stored` before the next page, `answer:leaving` before a plain form.

const PATIENCE = 20_000;
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 60_000;
const KEEP_DAYS = 14;
const PREFIX = "sending:";
const AWAY = new Set([408, 502, 503, 504]); // said by what stands before the site, or by the site while it starts

const storage = (() => {
  try {
    localStorage.setItem("sending?", "");
    localStorage.removeItem("sending?");
    return localStorage;
  } catch {
    return null; // private mode, or switched off: the page works without
  }
})();

if (storage) {
  const oldest = Date.now() - KEEP_DAYS * 24 * 3600 * 1000;
  for (const key of Object.keys(storage)) {
    if (key.startsWith(PREFIX) && !(Number(storage.getItem(key)) > oldest)) storage.removeItem(key);
  }
}

for (const form of document.querySelectorAll("form[data-sending]")) start(form);

function start(form) {
  const task = form.dataset.sending;
  const note = form.querySelector("[data-sending-note]");
  const said = form.querySelector("[data-sending-said]");
  const now = form.querySelector("[data-sending-now]");
  const button = form.querySelector(".button.primary");
  const label = button.textContent;
  let busy = false;
  let timer = 0;
  let pause = 0; // 0: nothing waits to be sent again

  if (storage?.getItem(PREFIX + task) && !("draftBound" in form.dataset)) {
    say(form.dataset.sendingUnsent);
    now.hidden = true;
  }

  function say(sentence) {
    said.textContent = sentence;
    note.hidden = false;
  }

  function work(on) {
    busy = on;
    button.setAttribute("aria-disabled", String(on));
    button.textContent = on ? form.dataset.sendingBusy : label;
  }

  /** Later again, by itself. */
  function wait() {
    work(false);
    pause = Math.min(pause ? pause * 2 : FIRST_PAUSE, LONGEST_PAUSE);
    clearTimeout(timer);
    timer = setTimeout(send, pause);
    now.hidden = false;
    say(navigator.onLine ? form.dataset.sendingTrouble : form.dataset.sendingOffline);
    document.dispatchEvent(new CustomEvent("answer:waiting", { detail: { task } }));
    try {
      storage?.setItem(PREFIX + task, String(Date.now()));
    } catch {
      // full: then only this page knows
    }
  }

  function stopWaiting() {
    clearTimeout(timer);
    pause = 0;
  }

  async function send() {
    if (busy) return;
    clearTimeout(timer);
    work(true);
    const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
    if (cookie) form.elements.csrfmiddlewaretoken.value = cookie[1];
    let response;
    let stored = null;
    try {
      response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Sending": "1" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.ok && response.headers.get("Content-Type")?.startsWith("application/json")) {
        stored = await response.json();
      }
    } catch {
      wait();
      return;
    }
    if (stored) goOn(stored);
    // A page where the receipt should be: a hotel's network asks to sign in, for example.
    else if (response.ok || AWAY.has(response.status)) wait();
    else plainly();
  }

  function goOn(stored) {
    storage?.removeItem(PREFIX + task);
    stopWaiting();
    document.dispatchEvent(new CustomEvent("answer:stored", { detail: { task } }));
    try {
      if (stored.after) sessionStorage.setItem("after", stored.after);
    } catch {
      // The next page then says nothing of this answer.
    }
    location.assign(stored.next);
  }

  function plainly() {
    stopWaiting();
    document.dispatchEvent(new CustomEvent("answer:leaving", { detail: { task } }));
    HTMLFormElement.prototype.submit.call(form);
  }

  // At the document, after everybody else: a form may ask something first, and the fresh token is in it.
  document.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    event.preventDefault();
    pause = 0;
    send();
  });
  now.addEventListener("click", send);
  addEventListener("online", () => {
    if (pause) send();
  });
  // Another answer than the one that waits is sent when its writer says so.
  form.addEventListener("input", () => {
    if (!pause || busy) return;
    stopWaiting();
    note.hidden = true;
  });
  // A page that comes back from the browser's memory is not sending any more.
  addEventListener("pageshow", (event) => {
    if (event.persisted) work(false);
  });
}
