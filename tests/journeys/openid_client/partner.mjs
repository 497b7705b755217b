// A partner on its own: client credentials by `private_key_jwt`, tokens bound by DPoP, introspection, revocation.
import * as client from "openid-client";
import { ask, askPlainly, discover, hear, refusal, say } from "./lines.mjs";

const task = await hear();
const found = await discover(task);
const { config, proofs } = found;
const grant = (options) => client.clientCredentialsGrant(config, { scope: task.scope, ...task.more }, options);

const handle = async () => client.getDPoPHandle(config, await client.randomDPoPKeyPair(task.dpop));
const DPoP = await handle();
const report = { unbound: task.requires_dpop ? await refusal(grant()) : await plain() };

const { access_token: token, token_type: kind } = await grant({ DPoP });
report.kind = kind;
report.seen = await ask(found, task, token, DPoP);
const used = proofs.at(-1);
report.replayed = await askPlainly(task, { authorization: `DPoP ${token}`, dpop: used });
report.withoutProof = await askPlainly(task, { authorization: `DPoP ${token}` });
report.asBearer = await ask(found, task, token);
report.byAnotherKey = await ask(found, task, token, await handle());
report.seenAgain = await ask(found, task, token, DPoP);

const said = await client.tokenIntrospection(config, token);
report.introspected = said;
report.isBound = said.cnf?.jkt === (await DPoP.calculateThumbprint());
await client.tokenRevocation(config, token);
report.introspectedAfterRevocation = await client.tokenIntrospection(config, token);
report.seenAfterRevocation = await ask(found, task, token, DPoP);
say(report);
process.exit(0);

async function plain() {
  const { access_token: unbound, token_type } = await grant();
  return { kind: token_type, seen: await ask(found, task, unbound) };
}
