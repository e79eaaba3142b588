// A form that stood open while its person signed in again in another tab carries an old token: send the present one.

document.addEventListener("submit", (event) => {
  const field = event.target.elements?.csrfmiddlewaretoken;
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  if (field && cookie) field.value = cookie[1];
});
