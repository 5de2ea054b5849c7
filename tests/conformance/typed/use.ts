// What a program makes of the generated types. Each line under `@ts-expect-error` has to be an error.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { FollowDocument, ThingsDocument, UpdateThingDocument } from './generated';

export function prices(answer: ResultOf<typeof ThingsDocument>): string[] {
  return answer.things.nodes.flatMap((thing) =>
    thing.__typename === 'Product' && thing.price ? [`${thing.price.amount} ${thing.price.currency}`] : [],
  );
}

export function outcome(answer: ResultOf<typeof UpdateThingDocument>): string {
  switch (answer.updateThing.__typename) {
    case 'UpdateThingSuccess':
      return answer.updateThing.thing.name;
    case 'ValidationError':
      return `${answer.updateThing.field}: ${answer.updateThing.message}`;
    case 'ConflictError':
      return answer.updateThing.message;
    default:
      return 'something else';
  }
}

export function place(answer: ResultOf<typeof FollowDocument>): string {
  return answer.events.cursor;
}

export const change: VariablesOf<typeof UpdateThingDocument> = {
  input: { id: 'prd_1', version: 1, name: 'Another name' },
};

// @ts-expect-error: the version that was read is missing
export const unversioned: VariablesOf<typeof UpdateThingDocument> = { input: { id: 'prd_1', name: 'Another name' } };

export const published: VariablesOf<typeof ThingsDocument> = { first: 10, filter: { status: 'published' } };

// @ts-expect-error: there is no such status
export const unknown: VariablesOf<typeof ThingsDocument> = { first: 10, filter: { status: 'sold' } };

export function failing(answer: ResultOf<typeof UpdateThingDocument>): string {
  // @ts-expect-error: a success has no message
  return answer.updateThing.message;
}
