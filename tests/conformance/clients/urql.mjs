// urql against a server: `node urql.mjs URL SECRET GROUP` prints what it created, followed and read.
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { CREATE, CURSOR, FOLLOW, READ } from './documents.mjs';

const [url, secret, groupId] = process.argv.slice(2);
const Authorization = `Bearer ${secret}`;

const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization },
});
const client = new Client({
  url,
  fetchOptions: { headers: { Authorization } },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

function data({ data: answered, error }) {
  if (error) throw error;
  return answered;
}

const { eventCursor: after } = data(await client.query(CURSOR, {}).toPromise());
const followed = new Promise((resolve) => {
  const following = client.subscription(FOLLOW, { after }).subscribe((result) => {
    following.unsubscribe();
    resolve(data(result).events.event);
  });
});
const input = { groupId, type: 'blog_post', name: 'Written by urql' };
const { thing: created } = data(await client.mutation(CREATE, { input }).toPromise()).createThing;
const { node: read } = data(await client.query(READ, { id: created.id }).toPromise());
const { node: cached } = data(await client.query(READ, { id: created.id }, { requestPolicy: 'cache-only' }).toPromise());

console.log(JSON.stringify({ created, followed: await followed, read, cached }));
await socket.dispose();
