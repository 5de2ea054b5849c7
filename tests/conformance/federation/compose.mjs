// Composes subgraphs to a supergraph: `node compose.mjs NAME=FILE …` prints its schema, and fails where there is none.
import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

const { errors, supergraphSdl } = composeServices(
  process.argv.slice(2).map((given) => {
    const [name, file] = given.split('=');
    return { name, url: `http://${name}.example/graphql`, typeDefs: parse(readFileSync(file, 'utf8')) };
  }),
);
for (const { message } of errors ?? []) console.error(message);
if (errors?.length) process.exit(1);
console.log(supergraphSdl);
