// Several operations over one stream, with npm graphql-sse. Takes the address, a secret and the id of a group; prints
// what each operation got, and how often it sent a request by which method.
import { createClient } from 'graphql-sse';

const [url, secret, group] = process.argv.slice(2);
const headers = () => ({ Authorization: `Bearer ${secret}` });
const methods = {};
const fetchFn = (input, init) => {
  methods[init.method] = (methods[init.method] ?? 0) + 1;
  return fetch(input, init);
};
const client = createClient({ url, headers, singleConnection: true, retryAttempts: 0, fetchFn });

const created = 'subscription { events(filter: { type: thing_created }) { event { target { ... on Thing { name } } } } }';
const first = async (name, query, onceBegun) => {
  const results = client.iterate({ query });
  const next = results.next();
  await onceBegun?.();
  const { value } = await next;
  await results.return();
  return [name, value];
};
const begun = new Promise((begin) => setTimeout(begin, 2000));
const create = async () => {
  await begun;
  const input = { groupId: group, type: 'blog_post', name: 'Told' };
  const query = 'mutation ($input: CreateThingInput!) { createThing(input: $input) { __typename } }';
  const body = JSON.stringify({ query, variables: { input } });
  await fetch(url, { method: 'POST', headers: { ...headers(), 'content-type': 'application/json' }, body });
};
const refused = async () => {
  try {
    await first('wrong', '{ nothing }');
  } catch (error) {
    return ['wrong', error.response?.status ?? String(error)];
  }
};
const told = await Promise.all([
  first('one', created, create),
  first('two', created),
  first('query', '{ viewer { person { role } } }'),
  refused(),
]);
client.dispose();
console.log(JSON.stringify({ methods, told: Object.fromEntries(told) }));
