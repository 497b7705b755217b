// Authorization code with PKCE, from the metadata to the end of the tokens (RFC 6749, 7636, 8414, 9207, 9449, 7009, 7662).
import { allowInsecureRequests, validateJwtAccessToken } from "oauth4webapi";
import * as client from "openid-client";
import { ask, discover, hear, refusal, say } from "./lines.mjs";

const task = await hear();
const found = await discover(task);
const { config } = found;
const keys = task.dpop ? await client.randomDPoPKeyPair(task.dpop) : undefined;
const DPoP = keys && client.getDPoPHandle(config, keys);

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: task.redirect_uri,
  scope: task.scope,
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  ...(DPoP && { dpop_jkt: await DPoP.calculateThumbprint() }),
  ...task.more,
});
say({ address: address.href, metadata: config.serverMetadata() });

const callback = new URL(await hear());
const exchange = (url, options) =>
  client.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier, expectedState: state }, undefined, options);
const mixedUp = new URL(callback);
mixedUp.searchParams.set("iss", "https://somebody.example");

const report = { mixedUp: await refusal(exchange(mixedUp, { DPoP })) };
if (callback.searchParams.has("error")) {
  say({ ...report, refused: await refusal(exchange(callback, { DPoP })) });
  process.exit(0);
}
if (DPoP) report.codeWithoutProof = await refusal(exchange(callback));
const tokens = await exchange(callback, { DPoP });
report.tokens = tokens;
report.seen = await ask(found, task, tokens.access_token, DPoP);
report.claims = await read(tokens.access_token, found.proofs.at(-1));
if (DPoP) report.asBearer = await ask(found, task, tokens.access_token);
await (tokens.refresh_token ? refreshAndRevoke() : introspectAndRevoke());
say(report);
process.exit(0);

/** Read an access token as another resource server would, by the published keys (RFC 9068, section 4). */
async function read(token, dpop) {
  const headers = DPoP ? { authorization: `DPoP ${token}`, dpop } : { authorization: `Bearer ${token}` };
  const request = new Request(task.graphql, { method: "POST", headers });
  return await validateJwtAccessToken(config.serverMetadata(), request, task.issuer, { [allowInsecureRequests]: true });
}

async function refreshAndRevoke() {
  const refresh = (token, options) => client.refreshTokenGrant(config, token, undefined, options);
  if (DPoP) report.refreshWithoutProof = await refusal(refresh(tokens.refresh_token));
  const next = await refresh(tokens.refresh_token, { DPoP });
  report.rotated = next.refresh_token !== tokens.refresh_token;
  report.seenNext = await ask(found, task, next.access_token, DPoP);
  await client.tokenRevocation(config, next.refresh_token);
  report.refreshAfterRevocation = await refusal(refresh(next.refresh_token, { DPoP }));
  report.seenAfterRevocation = await ask(found, task, next.access_token, DPoP);
}

async function introspectAndRevoke() {
  report.introspected = await client.tokenIntrospection(config, tokens.access_token);
  await client.tokenRevocation(config, tokens.access_token);
  report.introspectedAfterRevocation = await client.tokenIntrospection(config, tokens.access_token);
  report.seenAfterRevocation = await ask(found, task, tokens.access_token, DPoP);
}
