// What the scripts of the writing pages share: post a form's fields somewhere with the token as it is now.

/** The form's fields, with the present token: the page may be older than the sign-in. */
export function fieldsOf(form) {
  const data = new FormData(form);
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  if (cookie) data.set("csrfmiddlewaretoken", cookie[1]);
  return data;
}

/** A part of a page as the server draws it. Throws when it does not come. */
export async function part(url, form, signal) {
  const response = await fetch(url, { method: "POST", body: fieldsOf(form), headers: { "X-Part": "1" }, signal });
  // The sign-in page, say, is no part of this one.
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  return response.text();
}
