import { graphql } from 'relay-runtime';

export const Thing = graphql`
  fragment things_thing on Thing {
    id
    name
    status
    viewerCan(action: update_thing)
  }
`;

export const Things = graphql`
  fragment things_list on Query @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "thingsListPaginationQuery") {
    things(first: $count, after: $cursor) @connection(key: "things_list_things") {
      edges { node { id ...things_thing } }
    }
  }
`;

export const Page = graphql`
  query thingsPageQuery {
    ...things_list
  }
`;

export const Refetch = graphql`
  fragment things_group on Group @refetchable(queryName: "thingsGroupRefetchQuery") {
    name
    things(first: 10) { edges { node { ...things_thing } } }
  }
`;

export const Rename = graphql`
  mutation thingsRenameMutation($input: UpdateThingInput!) {
    updateThing(input: $input) {
      __typename
      ... on UpdateThingSuccess { thing { ...things_thing } }
      ... on AppError { message }
    }
  }
`;

export const Follow = graphql`
  subscription thingsFollowSubscription($after: String) {
    events(after: $after) { cursor event { id type } }
  }
`;
