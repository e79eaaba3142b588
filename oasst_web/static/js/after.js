// Say on this page what can still be done about the answer sent from the page before, when this one was fetched ahead.

const place = document.querySelector("[data-after]");
let address = null;
try {
  address = sessionStorage.getItem("after");
  sessionStorage.removeItem("after");
} catch {
  // no memory: then there is nothing to ask for either
}

if (place && address && !place.childElementCount) {
  try {
    const response = await fetch(address);
    if (response.status === 200) {
      place.innerHTML = await response.text();
      place.hidden = false;
      await import(place.dataset.afterModule); // it finds what it works on when it is loaded
    }
  } catch {
    // The answer is stored all the same.
  }
}
