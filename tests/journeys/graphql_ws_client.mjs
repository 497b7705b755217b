// Subscribe with the official graphql-ws client and print each result as a line; the task is a line of JSON on stdin.
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { value: line } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const { url, token, query, variables } = JSON.parse(line);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${token}` },
  retryAttempts: 0,
});
setTimeout(() => process.exit(1), 20_000).unref();
let wanted = 2;
for await (const result of client.iterate({ query, variables })) {
  console.log(JSON.stringify(result));
  if (--wanted === 0) break;
}
await client.dispose();
