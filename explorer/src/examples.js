const queries = import.meta.glob('../examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob('../examples/*.json', { query: '?raw', import: 'default', eager: true });

/** One tab an example, in the order of their file names; NAME.json beside NAME.graphql holds its variables. */
export const exampleTabs = Object.keys(queries)
  .sort()
  .map((path) => ({ query: queries[path], variables: variables[path.replace(/\.graphql$/, '.json')] }));
