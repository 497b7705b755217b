/* e-imzo-mobile.js: asks, while the page is looked at, whether the phone has signed, and goes on once it has.
 *
 * <form id="e-imzo-mobile" data-text-lost> holds the state; its <p role="status" data-text-waiting> says what goes on.
 * The answer is JSON: 202 not yet, 200 {location} where to go, any other {message} what went wrong.
 */
"use strict";

(() => {
  const EVERY_MS = 2000;
  const form = document.getElementById("e-imzo-mobile");
  const status = form.querySelector("[role=status]");
  const code = document.querySelector(".code");

  const say = (text) => {
    status.textContent = text;
  };

  async function ask() {
    const body = new URLSearchParams(new FormData(form));
    return fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
  }

  /** What one answer means: true to ask again. */
  async function take(response) {
    if (response.status === 202) return true;
    const { location: next, message } = await response.json().catch(() => ({})); // a proxy's page says nothing
    if (next) location.replace(next);
    else {
      code.hidden = true;
      say(message ?? form.dataset.textLost);
    }
    return false;
  }

  async function look() {
    try {
      if (document.hidden || (await take(await ask()))) setTimeout(look, EVERY_MS);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's own way to say that there was no answer
      say(form.dataset.textLost);
      setTimeout(look, EVERY_MS);
    }
  }

  form.querySelector("button").hidden = true;
  say(status.dataset.textWaiting);
  setTimeout(look, EVERY_MS);
})();
