/* passkeys.js: lets the browser make a passkey or sign with one (W3C Web Authentication, level 3), and sends the form.
 *
 * <form id="passkey" data-options='{...}'>      signs in: PublicKeyCredentialRequestOptions as JSON
 * <form id="passkey-new" data-options='{...}'>  makes a passkey: PublicKeyCredentialCreationOptions as JSON
 * Each has <input type="hidden" name="credential">, a submit button, and an element of class "message" for what went
 * wrong; its words come from data-text-unsupported and data-text-failed.
 */
"use strict";

(() => {
  const say = (form, text) => {
    form.querySelector(".message").textContent = text;
  };

  const ceremonies = {
    "passkey": async (options) =>
      navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
    "passkey-new": async (options) =>
      navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  };

  const isSupported = () => typeof PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

  for (const [id, perform] of Object.entries(ceremonies)) {
    const form = document.getElementById(id);
    form?.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!window.PublicKeyCredential || !isSupported()) {
        say(form, form.dataset.textUnsupported);
        return;
      }
      say(form, "");
      try {
        const credential = await perform(JSON.parse(form.dataset.options));
        form.elements.credential.value = JSON.stringify(credential.toJSON());
        form.submit();
      } catch (error) {
        if (!(error instanceof DOMException)) throw error; // refused, timed out, or the key is known already
        say(form, form.dataset.textFailed);
      }
    });
  }
})();
