// @neo4j/graphql on Apollo Server over the store of a benchmark, for as long as its standard input stays open.
// No permissions. Both labels of a thing, so that ids are looked up by the same constraint as elsewhere.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { Neo4jGraphQL } from '@neo4j/graphql';
import neo4j from 'neo4j-driver';

const typeDefs = `#graphql
  type Group @node(labels: ["Entity", "Group"]) {
    id: ID!
    name: String!
    sortKey: String!
    children: [Group!]! @relationship(type: "PARENT_OF", direction: OUT)
    things: [Thing!]! @relationship(type: "IN_GROUP", direction: IN)
  }

  type Thing @node(labels: ["Entity", "Thing"]) {
    id: ID! @id
    name: String!
    type: String!
    status: String!
    sortKey: String
    group: [Group!]! @relationship(type: "IN_GROUP", direction: OUT)
  }
`;

// Without it no page could come after a key.
const features = { filters: { String: { GT: true } } };
const { STORE_URI, STORE_USER, STORE_PASSWORD } = process.env;
const driver = neo4j.driver(STORE_URI, neo4j.auth.basic(STORE_USER, STORE_PASSWORD));
const schema = await new Neo4jGraphQL({ typeDefs, driver, features }).getSchema();
const server = new ApolloServer({ schema });
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
console.log(`serves ${url}`);
process.stdin.resume().on('end', () => process.exit());
