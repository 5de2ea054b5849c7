import { createGraphiQLFetcher } from '@graphiql/toolkit';

import { storedHeaders } from './headers.jsx';

// The page and the API share one address, whatever prefix a proxy puts before it.
const url = new URL(window.location.pathname, window.location.origin);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

const send = createGraphiQLFetcher({ url: url.href, subscriptionUrl: subscriptionUrl.href });

/** Sends an operation with the header editor's headers; over a WebSocket they travel in connection_init. */
export function fetcher(operation, options) {
  return send(operation, { ...options, headers: withoutBlankBearer(options?.headers ?? parsed(storedHeaders())) });
}

/** The first introspection runs before the header editor exists, hence from what was stored, which may be half-typed. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** A template that nobody filled in is no credential: sending it would only be refused. */
function withoutBlankBearer(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => !/^\s*Bearer\s*$/i.test(value)));
}
