/* graphiql-page.js: mounts GraphiQL, carries its operations to the gateway (HTTP, graphql-transport-ws) and signs people in.
 *
 * Everything the page remembers (tabs, headers, the access token, GraphiQL's history of what was run with which headers)
 * lives in sessionStorage: it survives a reload and goes with the browser tab. Nothing is written to localStorage.
 */
"use strict";

(() => {
  const { createElement, useEffect, useLayoutEffect, useRef, useState } = React;
  const script = document.currentScript;
  const element = (id) => document.getElementById(id);

  // The one <style> GraphiQL adds (while a dialog is open) must carry the policy's nonce: react-style-singleton asks here.
  globalThis.__webpack_nonce__ = script.nonce;

  /* ---- What the browser tab remembers ---- */

  const SIGNED_IN = "gridgate:signed-in";
  const SETTLED_MS = 400;
  const memory = sessionMemory();

  function sessionMemory() {
    try {
      return window.sessionStorage;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // SecurityError: the reader forbids storage; the page works without
      return null;
    }
  }

  function rememberedSignIn() {
    const text = memory?.getItem(SIGNED_IN);
    return text ? JSON.parse(text) : null;
  }

  function rememberSignIn(signedIn) {
    if (signedIn) memory?.setItem(SIGNED_IN, JSON.stringify(signedIn));
    else memory?.removeItem(SIGNED_IN);
  }

  /* ---- Queries and mutations, over HTTP ---- */

  const problem = (message) => ({ errors: [{ message }] });

  /** Fetch, and turn what is no GraphQL answer (no connection, a proxy's page) into one whose error says so. */
  async function reach(url, options) {
    const say = (message) => new Response(JSON.stringify(problem(message)), { headers: { "content-type": "application/json" } });
    try {
      const response = await fetch(url, options);
      const type = response.headers.get("content-type") ?? "";
      if (/[/+]json|multipart\/mixed/.test(type)) return response;
      const words = type.startsWith("text/plain") ? (await response.text()).slice(0, 300) : "no GraphQL answer";
      return say(`The server answered ${response.status} ${response.statusText}: ${words}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's own way to say that there was no answer
      return say("The server cannot be reached. Check that the gateway is running, then try again.");
    }
  }

  /* ---- Subscriptions, over graphql-transport-ws ---- */

  /* Our own client, and not the one in GraphiQL's bundle: that one repeats a refused (4403) or lost connection five times
   * over half a minute before a word reaches the reader. Here the end of a connection is told at once; run starts anew. */
  const subscription = (url, payload, headers) => ({ subscribe: (sink) => new Feed(url, payload, headers, sink) });

  class Feed {
    constructor(url, payload, headers, sink) {
      this.sink = sink;
      this.over = false;
      this.acknowledged = false;
      this.socket = new WebSocket(url, "graphql-transport-ws");
      this.socket.onopen = () => this.send({ type: "connection_init", payload: credentials(headers) });
      this.socket.onmessage = ({ data }) => this.take(JSON.parse(data), payload);
      this.socket.onclose = (event) => this.end(() => sink.error([{ message: farewell(event, this.acknowledged) }]));
    }

    take(message, payload) {
      if (message.type === "connection_ack") {
        this.acknowledged = true;
        this.send({ id: "1", type: "subscribe", payload });
      } else if (message.type === "ping") this.send({ type: "pong" });
      else if (message.type === "next") this.sink.next(message.payload);
      else if (message.type === "error") this.end(() => this.sink.error(message.payload));
      else if (message.type === "complete") this.end(() => this.sink.complete());
    }

    send(message) {
      if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
    }

    end(tell) {
      if (this.over) return;
      this.over = true;
      this.socket.close(1000);
      tell();
    }

    /** What GraphiQL calls when stop is pressed. */
    unsubscribe() {
      this.send({ id: "1", type: "complete" });
      this.end(() => {});
    }
  }

  /** The connection's parameters: the Authorization header of the tab, as it stands at the moment of subscribing. */
  function credentials(headers) {
    const name = authorizationName(headers ?? {});
    return name ? { authorization: headers[name] } : {};
  }

  function farewell({ code, reason }, acknowledged) {
    const detail = [code, reason].filter(Boolean).join(" ");
    if (code === 4401 || code === 4403) return `The server refused the connection (${detail}). Sign in, or check this tab's headers.`;
    if (code === 1001 || code === 1012) return `The server is restarting (${detail}). Run the subscription again in a moment.`;
    if (code === 1006 && !acknowledged) return "The server cannot be reached over WebSocket.";
    return `The connection was closed (${detail}). Run the subscription again.`;
  }

  /** What is to be run: `{operationName, isSubscription}`; the text alone decides where it holds one operation only. */
  function chosenOperation({ query, operationName }) {
    const { GraphQLError, Kind, parse } = GraphiQL.GraphQL;
    try {
      const operations = parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
      // For a tenth of a second after a change of tabs GraphiQL still names the operation of the tab before.
      const chosen = operations.length === 1 ? operations[0] : operations.find(({ name }) => name?.value === operationName);
      return { operationName: chosen?.name?.value ?? operationName, isSubscription: chosen?.operation === "subscription" };
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error; // a syntax error is the server's to explain
      return { operationName, isSubscription: false };
    }
  }

  function gatewayFetcher(httpUrl) {
    const socketUrl = new URL(httpUrl);
    socketUrl.protocol = httpUrl.protocol.replace("http", "ws");
    const overHttp = GraphiQL.createFetcher({ url: httpUrl.href, fetch: reach });
    return (asked, options) => {
      const { operationName, isSubscription } = chosenOperation(asked);
      const params = { ...asked, operationName };
      return isSubscription ? subscription(socketUrl.href, params, options?.headers) : overHttp(params, options);
    };
  }

  /* ---- The Authorization header in the tabs ---- */

  const authorizationName = (headers) => Object.keys(headers).find((name) => name.toLowerCase() === "authorization");
  const written = (headers) => (Object.keys(headers).length ? JSON.stringify(headers, null, 2) : "");

  /** The text of a headers editor with `now` (or nothing) in place of `before`; null where the text is no JSON object. */
  function withAuthorization(text, before, now) {
    let headers;
    try {
      headers = JSON.parse(text?.trim() || "{}");
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return null;
    }
    if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return null;
    const name = authorizationName(headers);
    if (now) return written({ ...headers, [name ?? "Authorization"]: now });
    if (name && headers[name] === before) delete headers[name]; // a header the reader wrote stays
    return written(headers);
  }

  /** Inside GraphiQL, where its tabs can be reached: keeps the signed-in header in every one of them. */
  function HeadersOfTabs({ authorization, applied, onSkipped }) {
    const editors = GraphiQL.React.useEditorContext({ nonNull: true });
    const latest = useRef(editors);
    latest.current = editors;
    const { headerEditor } = editors;
    const put = (before) => {
      const { activeTabIndex, moveTab, tabs, updateActiveTabValues } = latest.current;
      const texts = tabs.map((tab, index) => (index === activeTabIndex ? headerEditor.getValue() : tab.headers));
      const changed = texts.map((text) => withAuthorization(text, before, authorization));
      const headers = changed.map((text, index) => text ?? texts[index]);
      if (headers.every((text, index) => text === texts[index])) return changed;
      // moveTab is GraphiQL's one way to replace tabs that are not in front; the one in front must stay the same object.
      moveTab(tabs.map((tab, index) => (index === activeTabIndex ? tab : { ...tab, headers: headers[index] })));
      updateActiveTabValues({ headers: headers[activeTabIndex] });
      headerEditor.setValue(headers[activeTabIndex]);
      return changed;
    };
    useLayoutEffect(() => {
      if (!headerEditor || applied.current === authorization) return undefined;
      const before = applied.current;
      applied.current = authorization;
      const changed = put(before);
      if (authorization) onSkipped(changed.filter((text) => text === null).length);
      // GraphiQL stores what was typed 200 ms later and may then show a tab's headers as they were: look once more.
      const timer = setTimeout(() => put(before), SETTLED_MS);
      return () => clearTimeout(timer);
    }, [authorization, headerEditor]);
    return null;
  }

  /* ---- Signing in ---- */

  const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    __typename
    ... on SignedIn { accessToken expiresAt customer { name } }
    ... on Refusal { code message }
  }
}`;

  /** Ask for an access token: `{signedIn}`, or `{refused}` with the words to show. */
  async function signIn(url, login, password) {
    const response = await reach(url.href, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query: SIGN_IN, operationName: "SignIn", variables: { input: { login, password } } }),
    });
    const { data, errors } = await response.json().catch(() => problem("The server's answer broke off. Try again."));
    const answer = data?.signIn;
    if (answer?.__typename === "SignedIn") {
      const { accessToken, expiresAt, customer } = answer;
      return { signedIn: { token: accessToken, expiresAt, name: customer?.name || login } };
    }
    return { refused: answer?.message ?? errors?.[0]?.message ?? "The server gave no answer to the sign-in." };
  }

  function notify(text, kind = "news") {
    element("notice").dataset.kind = kind;
    element("notice").textContent = text;
  }

  function showSignedIn(signedIn) {
    element("sign-in").hidden = Boolean(signedIn);
    element("signed-in").hidden = !signedIn;
    element("who").textContent = signedIn?.name ?? "";
    element("signed-in").title = signedIn ? `The access token is valid until ${new Date(signedIn.expiresAt).toLocaleString()}` : "";
  }

  /** Let the form sign in through `url`; each change of who is signed in goes to `change`. */
  function watchForm(url, change) {
    const form = element("sign-in");
    const { login, password } = form.elements;
    const button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      notify("");
      button.disabled = true;
      const { signedIn, refused } = await signIn(url, login.value, password.value).finally(() => (button.disabled = false));
      password.value = "";
      if (signedIn) change(signedIn);
      else {
        notify(refused, "problem");
        password.focus();
      }
    });
    element("sign-out").addEventListener("click", () => {
      notify("Signed out: the access token is gone from every tab.");
      change(null);
      login.focus();
    });
  }

  /** Call `expired` when the access token of `signedIn` runs out; returns the way to call it off. */
  function watchExpiry(signedIn, expired) {
    const left = Date.parse(signedIn.expiresAt) - Date.now();
    if (Number.isNaN(left)) return () => {};
    const timer = setTimeout(expired, Math.min(left, 2 ** 31 - 1)); // the longest a timer can wait, 24 days
    return () => clearTimeout(timer);
  }

  /* ---- The page ---- */

  function Page({ config, url, fetcher, applied }) {
    const [signedIn, setSignedIn] = useState(rememberedSignIn);
    const authorization = signedIn && `Bearer ${signedIn.token}`;
    const expire = () => {
      notify(`The sign-in of ${signedIn.name} has run out. Sign in again.`, "problem");
      setSignedIn(null);
    };
    useEffect(() => watchForm(url, setSignedIn), []);
    useEffect(() => {
      rememberSignIn(signedIn);
      showSignedIn(signedIn);
      return signedIn ? watchExpiry(signedIn, expire) : undefined;
    }, [signedIn]);
    const onSkipped = (count) =>
      count && notify(`${count} tab(s) hold headers that are not a JSON object: the token was not put there.`, "problem");
    return createElement(
      GraphiQL,
      {
        fetcher,
        storage: memory,
        defaultTabs: config.operations.map(({ query }) => ({ query })),
        defaultHeaders: authorization ? written({ Authorization: authorization }) : undefined,
        defaultEditorToolsVisibility: "headers",
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: true,
      },
      createElement(GraphiQL.Logo, null, ""), // the title bar has the name; GraphiQL's own logo links to another host
      createElement(HeadersOfTabs, { authorization, applied, onSkipped }),
    );
  }

  async function start() {
    const response = await reach(new URL("../config.json", script.src));
    const config = await response.json();
    if (!config.graphql) {
      element("graphiql").firstElementChild.textContent = config.errors?.[0]?.message ?? "The page has no settings.";
      return;
    }
    const url = new URL(config.graphql, location.href);
    const remembered = rememberedSignIn();
    const applied = { current: remembered && `Bearer ${remembered.token}` };
    const page = createElement(Page, { config, url, fetcher: gatewayFetcher(url), applied });
    ReactDOM.createRoot(element("graphiql")).render(page);
  }

  start();
})();
