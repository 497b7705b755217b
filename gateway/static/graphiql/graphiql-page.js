/* graphiql-page.js: mounts GraphiQL, carries its operations to the gateway (HTTP, graphql-transport-ws) and tells who is
 * signed in.
 *
 * Whoever has signed in on the gateway's own pages is known by a cookie that no script can read; the browser sends it
 * along. An Authorization header typed into a tab wins over it. Everything the page remembers (tabs, headers, GraphiQL's
 * history of what was run with which headers) lives in sessionStorage: it survives a reload and goes with the browser tab.
 * Nothing is written to localStorage.
 */
"use strict";

(() => {
  const { createElement } = React;
  const script = document.currentScript;
  const element = (id) => document.getElementById(id);

  // The one <style> GraphiQL adds (while a dialog is open) must carry the policy's nonce: react-style-singleton asks here.
  globalThis.__webpack_nonce__ = script.nonce;

  /* ---- What the browser tab remembers ---- */

  const memory = sessionMemory();

  function sessionMemory() {
    try {
      return window.sessionStorage;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // SecurityError: the reader forbids storage; the page works without
      return null;
    }
  }

  /** GraphiQL drops the headers of the tab in front at every load, and at the next would open that tab again without. */
  function remindOfHeaders() {
    const { activeTabIndex, tabs } = JSON.parse(memory?.getItem("graphiql:tabState") ?? "{}");
    const headers = tabs?.[activeTabIndex]?.headers;
    if (headers) memory.setItem("graphiql:headers", headers);
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

  /** The connection's parameters: the Authorization header of the tab, if one was typed; else the cookie says who it is. */
  function credentials(headers) {
    const name = Object.keys(headers ?? {}).find((each) => each.toLowerCase() === "authorization");
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

  /* ---- Who is signed in ---- */

  const WHO = "query Who {\n  me {\n    name\n  }\n}";

  /** Ask who the cookie belongs to: a name, or null for nobody; undefined where the server does not say. */
  async function whoIsSignedIn(url) {
    const response = await reach(url.href, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ query: WHO, operationName: "Who" }),
    });
    const { data, errors } = await response.json().catch(() => problem("The server's answer broke off. Reload the page."));
    if (data?.me) return data.me.name;
    if (errors?.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED")) return null;
    element("notice").textContent = errors?.[0]?.message ?? "The server does not tell who is signed in.";
    return undefined;
  }

  async function showWhoIsSignedIn(url) {
    const name = await whoIsSignedIn(url);
    element("sign-in").hidden = Boolean(name);
    element("signed-in").hidden = !name;
    element("who").textContent = name ?? "";
  }

  /* ---- The page ---- */

  async function start() {
    const response = await reach(new URL("../config.json", script.src));
    const config = await response.json();
    if (!config.graphql) {
      element("graphiql").firstElementChild.textContent = config.errors?.[0]?.message ?? "The page has no settings.";
      return;
    }
    const url = new URL(config.graphql, location.href);
    remindOfHeaders();
    const page = createElement(
      GraphiQL,
      {
        fetcher: gatewayFetcher(url),
        storage: memory,
        defaultTabs: config.operations.map(({ query }) => ({ query })),
        defaultEditorToolsVisibility: "headers",
        isHeadersEditorEnabled: true,
        shouldPersistHeaders: true,
      },
      createElement(GraphiQL.Logo, null, ""), // the title bar has the name; GraphiQL's own logo links to another host
    );
    ReactDOM.createRoot(element("graphiql")).render(page);
    await showWhoIsSignedIn(url);
  }

  start();
})();
