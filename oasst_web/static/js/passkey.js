// Sign in with a passkey, or make one. The server says what to ask the device, and gets what the device answers.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withIds = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

// Newer browsers do both translations themselves, but not all that know passkeys.
const asked = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
  ...(options.allowCredentials && { allowCredentials: withIds(options.allowCredentials) }),
  ...(options.excludeCredentials && { excludeCredentials: withIds(options.excludeCredentials) }),
});

const answered = (credential) => {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
};

async function ask(form) {
  const reply = await fetch(form.dataset.passkeyQuestion, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new Error(`The server answered ${reply.status}.`);
  const options = { publicKey: asked((await reply.json()).publicKey) };
  const credential = await navigator.credentials[form.dataset.passkey](options);
  form.elements.credential.value = JSON.stringify(answered(credential));
}

function wire(form) {
  const problem = form.querySelector("[data-passkey-problem]");
  const button = form.querySelector("button");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    try {
      await ask(form);
      form.requestSubmit();
    } catch {
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
  // Coming back by the browser's button: an answer is good once.
  addEventListener("pageshow", () => (form.elements.credential.value = ""));
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("[data-passkey]")) wire(form);
  for (const note of document.querySelectorAll("[data-passkey-missing]")) note.hidden = true;
}
