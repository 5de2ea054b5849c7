// Every audit of graphql-http against a server: https://github.com/graphql/graphql-http . Prints one JSON list.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
const told = await Promise.all(
  results.map(async ({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    answer: response && status !== 'ok' ? `${response.status} ${await response.text()}` : null,
  })),
);
console.log(JSON.stringify(told));
