// Follows a server with npm graphql-ws and graphql-sse, each follower from its last acknowledged cursor, for ever.
// Takes a JSON list of followers: {name, over, secret, field, query, variables, after, every}. Each acknowledges the
// cursor of every so many deliveries, as a client does that keeps it with what it made of them. Prints JSON lines:
// {name, after} when a follower subscribes, {name, cursor, id} for each delivery, {name, failed} for what ended it.
import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createStreamClient } from 'graphql-sse';
import WebSocket from 'ws';

const [url, followers] = [process.argv[2], JSON.parse(process.argv[3])];
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const streaming = (secret, singleConnection) =>
  createStreamClient({
    url,
    singleConnection,
    headers: () => ({ Authorization: `Bearer ${secret}` }),
    retryAttempts: 0,
  });
const clients = {
  socket: (secret) =>
    createSocketClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${secret}` },
      retryAttempts: 0,
    }),
  stream: (secret) => streaming(secret, false),
  'single stream': (secret) => streaming(secret, true),
};

async function follow({ name, over, secret, field, query, variables, after, every }) {
  const client = clients[over](secret);
  let acknowledged = after;
  let told = 0;
  for (;;) {
    tell({ name, after: acknowledged });
    try {
      for await (const { data, errors } of client.iterate({ query, variables: { ...variables, after: acknowledged } })) {
        if (errors) throw errors[0];
        const { cursor, event, order } = data[field];
        if (order === null) throw new Error(`the order of ${event.id} is gone`);
        tell({ name, cursor, id: event.id });
        told += 1;
        if (told % every === 0) acknowledged = cursor;
      }
      tell({ name, failed: 'complete' });
    } catch (error) {
      tell({ name, failed: error.code ?? error.extensions?.code ?? error.message ?? String(error) });
    }
    await new Promise((again) => setTimeout(again, 200));
  }
}

followers.forEach(follow);
