/* consent.js: an application that asks for accounts is allowed at least one of them, where scripts run.
 *
 * <fieldset data-text-none> with checkboxes, in a form whose other button has `formnovalidate`.
 */
"use strict";

(() => {
  const accounts = document.querySelector("fieldset[data-text-none]");
  if (!accounts) return;
  const boxes = [...accounts.querySelectorAll("input[type=checkbox]")];
  const check = () => {
    const none = boxes.every((box) => !box.checked);
    boxes[0].setCustomValidity(none ? accounts.dataset.textNone : "");
  };
  accounts.addEventListener("change", check);
  check();
})();
