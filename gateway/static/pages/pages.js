/* pages.js: a form is sent once, however often its button is pressed. Everything works without this file. */
"use strict";

(() => {
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return; // a script of the form's own sends it
    if (event.target.dataset.sent) event.preventDefault();
    else event.target.dataset.sent = "yes";
  });

  // Coming back by the browser's own button shows the page as it was left: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
})();
