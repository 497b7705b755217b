// Two devices without a browser show their codes and wait (RFC 8628): the test lets one in and turns the other away.
import * as client from "openid-client";
import { ask, discover, hear, refusal, say } from "./lines.mjs";

const task = await hear();
const found = await discover(task);
const { config } = found;

const begin = () => client.initiateDeviceAuthorization(config, { scope: task.scope });
const [first, second] = [await begin(), await begin()];
const waiting = client.pollDeviceAuthorizationGrant(config, first);
const refused = refusal(client.pollDeviceAuthorizationGrant(config, second));
say([first, second]);

const tokens = await waiting;
const report = { refused: await refused, tokens, seen: await ask(found, task, tokens.access_token) };
report.codeAgain = await refusal(
  client.genericGrantRequest(config, "urn:ietf:params:oauth:grant-type:device_code", { device_code: first.device_code }),
);
const next = await client.refreshTokenGrant(config, tokens.refresh_token);
report.seenNext = await ask(found, task, next.access_token);
say(report);
process.exit(0);
