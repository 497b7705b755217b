// Panva's certified OpenID provider on a free port of loopback. Each line of stdin is a configuration of it as JSON: the
// first starts it and is answered by one line {"issuer"}; each further one takes the place of the one before and is
// answered by {}. What was granted lives on in a store of ours, so keys are rotated under people who are signed in.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

console.info = console.error; // its notices, which would stand between our lines

const stored = new Map();

class Store {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload) {
    stored.set(`${this.model}:${id}`, payload);
  }

  async find(id) {
    return stored.get(`${this.model}:${id}`);
  }

  async findByUid(uid) {
    return [...stored.values()].find((each) => each.uid === uid && each.kind === this.model);
  }

  async consume(id) {
    stored.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    stored.delete(`${this.model}:${id}`);
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of stored) {
      if (payload.grantId === grantId) stored.delete(key);
    }
  }
}

function provider(issuer, configuration) {
  return new Provider(issuer, {
    ...configuration,
    adapter: Store,
    claims: { openid: ["sub"], profile: ["name"] },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, name: `Person ${id}` }) }),
    features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    cookies: { keys: ["a key of tests"] },
    pkce: { required: () => true },
  });
}

let answer;
const server = createServer((request, response) => answer(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
let told = { issuer };
for await (const line of createInterface({ input: process.stdin })) {
  answer = provider(issuer, JSON.parse(line)).callback();
  process.stdout.write(`${JSON.stringify(told)}\n`);
  told = {};
}
process.exit(0);
