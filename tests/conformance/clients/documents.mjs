// What each client asks.
export const TYPES = '{ __schema { types { name possibleTypes { name } } } }';
export const CURSOR = '{ eventCursor }';
export const FOLLOW = `subscription Follow($after: String!) {
  events(after: $after) { cursor event { type targetId } }
}`;
export const CREATE = `mutation Create($input: CreateThingInput!) {
  createThing(input: $input) {
    __typename
    ... on CreateThingSuccess { thing { id name } }
    ... on AppError { message }
  }
}`;
export const READ = `query Read($id: ID!) {
  node(id: $id) { id ... on Thing { name group { slug } } }
}`;
