// What @graphql-eslint says of the schema by Relay's rules. What is switched off asks for more than Relay's
// specifications: https://relay.dev/graphql/connections.htm lets a connection page forward only, as one by relevance
// does; its edges may hold what is no Node, as a version or a delivery, which nobody fetches by an id of its own;
// and any field may be a list that is no connection.
import graphql from '@graphql-eslint/eslint-plugin';

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: './schema.graphql' } } },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
];
