// Apollo Client against a server: `node apollo.mjs URL SECRET GROUP` prints what it created, followed and read.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { CREATE, CURSOR, FOLLOW, READ, TYPES } from './documents.mjs';

const [uri, secret, groupId] = process.argv.slice(2);
const Authorization = `Bearer ${secret}`;

const http = new HttpLink({ uri, headers: { Authorization } });
const socket = createClient({
  url: uri.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { Authorization },
});
const link = ApolloLink.split(
  ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
  new GraphQLWsLink(socket),
  http,
);

// Which types an interface or a union may be, so that the cache knows what fragments on one are about.
const first = new ApolloClient({ link, cache: new InMemoryCache() });
const { data: told } = await first.query({ query: gql(TYPES) });
const possibleTypes = Object.fromEntries(
  told.__schema.types
    .filter(({ possibleTypes: possible }) => possible)
    .map(({ name, possibleTypes: possible }) => [name, possible.map((each) => each.name)]),
);
const client = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes }) });

const { data: now } = await client.query({ query: gql(CURSOR) });
const followed = new Promise((resolve, reject) => {
  const events = client.subscribe({ query: gql(FOLLOW), variables: { after: now.eventCursor } });
  const following = events.subscribe({
    next: ({ data, error }) => {
      following.unsubscribe();
      if (error) reject(error);
      else resolve(data.events.event);
    },
    error: reject,
  });
});
const variables = { input: { groupId, type: 'blog_post', name: 'Written by Apollo Client' } };
const { data: changed } = await client.mutate({ mutation: gql(CREATE), variables });
const { thing: created } = changed.createThing;
const { data: found } = await client.query({ query: gql(READ), variables: { id: created.id } });
const cached = client.readQuery({ query: gql(READ), variables: { id: created.id } });

console.log(JSON.stringify({ created, followed: await followed, read: found.node, cached: cached.node }));
await socket.dispose();
client.stop();
