// What every script does: it talks with the test in lines of JSON, finds the server by its metadata, and asks GraphQL.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export const hear = async () => JSON.parse((await lines.next()).value);
export const say = (value) => console.log(JSON.stringify(value));

/** Find the server as RFC 8414 says, and prove this client in the task's way; `proofs` collects the DPoP proofs sent. */
export async function discover(task) {
  const proofs = [];
  const config = await client.discovery(new URL(task.issuer), task.client_id, undefined, await proof(task), {
    algorithm: "oauth2",
    execute: [client.allowInsecureRequests],
    [client.customFetch]: (url, options) => {
      proofs.push(new Headers(options.headers).get("dpop"));
      return fetch(url, options);
    },
  });
  return { config, proofs };
}

async function proof({ method, secret, key }) {
  if (method === "client_secret_basic") return client.ClientSecretBasic(secret);
  if (method === "client_secret_post") return client.ClientSecretPost(secret);
  return method === "private_key_jwt" ? client.PrivateKeyJwt(await imported(key)) : client.None();
}

const KINDS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  Ed25519: { name: "Ed25519" },
};

const imported = async ({ kid, algorithm, jwk }) => ({
  key: await crypto.subtle.importKey("jwk", jwk, KINDS[algorithm], false, ["sign"]),
  kid,
});

/** Send the task's operation with a token, which is bound to the handle's key where there is one. */
export async function ask({ config }, task, token, DPoP) {
  const body = JSON.stringify({ query: task.query, variables: task.variables ?? {} });
  const headers = new Headers({ "content-type": "application/json" });
  const answer = await client.fetchProtectedResource(config, token, new URL(task.graphql), "POST", body, headers, { DPoP });
  return await answer.json();
}

/** Send the task's operation with exactly these headers. */
export async function askPlainly(task, headers) {
  const body = JSON.stringify({ query: task.query, variables: task.variables ?? {} });
  const sent = { "content-type": "application/json", ...headers };
  return await (await fetch(task.graphql, { method: "POST", body, headers: sent })).json();
}

/** Return the code of the error that is expected. */
export const refusal = (promise) =>
  promise.then(
    () => "not refused",
    (error) => error.error ?? error.code ?? error.message,
  );
