/* e-imzo.js: has the page's challenge signed by the E-IMZO application on this computer, and sends the signature in.
 *
 * The page holds, and the server writes:
 *
 *   <form id="e-imzo" method="post" action="..." data-...>   what to do and what to say, see below
 *     <input type="hidden" name="pkcs7">                      filled in here, then the form is submitted
 *     <p role="status"></p>                                   what is going on, for the reader
 *     <ul></ul>                                               filled in here: one button for each key
 *   </form>
 *   and whatever else the server wants back (the state).
 *
 *   data-capiws      the application's WebSocket; the page's policy must name it in connect-src
 *   data-api-keys    JSON: [domain, key, domain, key, ...]
 *   data-challenge   what is to be signed
 *   data-ttl         for how many seconds that is worth signing
 *   data-text-...    the words, in the reader's language:
 *     looking        the application is being asked for keys          no-plugin      it is not running, or not installed
 *     choose         choose a key                                     no-keys        it has no key files (chips remain)
 *     signing        a key was chosen; a password may be asked for    no-domain      it does not know this site
 *     id-card        the button of the ID-card                        wrong-password the password was wrong
 *     token          the button of the BAIK token                     failed         anything else; its reason follows
 *     until          before the date until which a key is valid       expired        the challenge is too old: begin anew
 *     key-expired    after the name of a key that is too old
 *
 * Nothing that the application says of a key counts for who signs in: the server asks the certification centre.
 */
"use strict";

(() => {
  const form = document.getElementById("e-imzo");
  const status = form.querySelector("[role=status]");
  const list = form.querySelector("ul");
  const told = form.dataset;
  const words = (name) => told[`text${name}`] ?? "";
  const NO_KEY_FOR_DOMAIN = -1022;

  const say = (...parts) => {
    status.textContent = parts.filter(Boolean).join(" ");
  };

  /* ---- The application ---- */

  class Unreachable extends Error {}

  class Refused extends Error {
    constructor({ reason, status }) {
      super(reason ?? "");
      this.status = status;
    }
  }

  /** One connection to the application, which answers questions in their order. */
  class Application {
    static open(url) {
      return new Promise((resolve, reject) => {
        const socket = new WebSocket(url);
        const application = new Application(socket);
        socket.onopen = () => resolve(application);
        socket.onmessage = ({ data }) => application.take(JSON.parse(data));
        socket.onclose = () => application.lose(reject);
      });
    }

    constructor(socket) {
      this.socket = socket;
      this.asked = null;
    }

    ask(question) {
      return new Promise((resolve, reject) => {
        this.asked = { resolve, reject };
        this.socket.send(JSON.stringify(question));
      });
    }

    take(reply) {
      if (reply.success) this.asked.resolve(reply);
      else this.asked.reject(new Refused(reply));
    }

    lose(reject) {
      const gone = new Unreachable();
      reject(gone);
      this.asked?.reject(gone);
    }
  }

  /** Open a connection, say which site this is, do the work, and close. */
  async function withApplication(work) {
    const application = await Application.open(told.capiws);
    try {
      // No `plugin` here: with one the application answers that it is too old.
      await application.ask({ name: "apikey", arguments: JSON.parse(told.apiKeys) });
      return await work((plugin, name, ...given) => application.ask({ plugin, name, arguments: given }));
    } finally {
      application.socket.close();
    }
  }

  /* ---- Keys ---- */

  /** Read `cn=...,o=...,validto=2027.02.26 11:31:37`, whose values may hold commas. */
  function readAlias(alias) {
    const parts = alias.split(/,(?=[A-Za-z0-9.]+=)/);
    const fields = parts.map((part) => [part.split("=", 1)[0].toLowerCase(), part.slice(part.indexOf("=") + 1)]);
    return Object.fromEntries(fields);
  }

  function describe({ disk, path, name, alias }) {
    const { cn, o, validto = "" } = readAlias(alias);
    const until = new Date(validto.replaceAll(".", "-").replace(" ", "T"));
    const expired = until < new Date();
    const note = expired ? words("KeyExpired") : validto && `${words("Until")} ${validto.slice(0, 10)}`;
    return { lines: [cn ?? name, o, note], expired, load: ["pfx", "load_key", disk, path, name, alias] };
  }

  const CHIPS = () => [
    { lines: [words("IdCard")], id: "idcard" },
    { lines: [words("Token")], id: "baikey" },
  ];

  function show(keys) {
    list.replaceChildren(
      ...keys.map((key) => {
        const item = document.createElement("li");
        const button = document.createElement("button");
        button.type = "button";
        button.disabled = key.expired ?? false;
        for (const line of key.lines.filter(Boolean)) {
          button.appendChild(document.createElement("span")).textContent = line;
        }
        button.onclick = () => choose(key);
        item.append(button);
        return item;
      }),
    );
  }

  /* ---- What the reader does ---- */

  let tooOld = false;

  async function look() {
    say(words("Looking"));
    const { certificates } = await withApplication((call) => call("pfx", "list_all_certificates"));
    const files = (certificates ?? []).map(describe);
    show([...files, ...CHIPS()]);
    say(files.length ? words("Choose") : words("NoKeys"));
  }

  async function choose(key) {
    list.inert = true;
    say(words("Signing"));
    try {
      const { pkcs7_64 } = await withApplication((call) => sign(call, key));
      if (tooOld) return;
      form.elements.pkcs7.value = pkcs7_64;
      form.submit();
    } catch (error) {
      explain(error);
      list.inert = false;
    }
  }

  async function sign(call, key) {
    const id = key.id ?? (await call(...key.load)).keyId;
    const content = btoa(String.fromCodePoint(...new TextEncoder().encode(told.challenge)));
    return call("pkcs7", "create_pkcs7", content, id, "no"); // "no": the content goes along
  }

  function explain(error) {
    if (tooOld) return;
    if (error instanceof Unreachable) say(words("NoPlugin"));
    else if (!(error instanceof Refused)) throw error;
    else if (error.status === NO_KEY_FOR_DOMAIN) say(words("NoDomain"), location.hostname);
    else if (error.message.includes("BadPaddingException")) say(words("WrongPassword"));
    else say(words("Failed"), error.message);
  }

  function expire() {
    tooOld = true;
    list.replaceChildren();
    say(words("Expired"));
  }

  setTimeout(expire, Number(told.ttl) * 1000);
  look().catch(explain);
})();
