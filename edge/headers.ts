/** Which header fields may cross the edge, in either direction. */

import { SESSION_COOKIE } from '#lib/edge-contract.ts';

/** Meant for one connection only, RFC 9110 §7.6.1; the runtime frames the body and names the host anew. */
const HOP_BY_HOP = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

/** Headers by which a client could speak as a proxy or as the edge itself. */
const FORGEABLE =
  /^(?:x-hotshelf-|x-forwarded|cf-|cdn-|true-client-ip$|x-real-ip$|x-client-ip$|forwarded$|via$|x-request-id$|traceparent$|tracestate$)/;

/** Said by the origin to the edge, or nobody's business. */
const INTERNAL_ANSWER = ['cache-tag', 'cdn-cache-control', 'server', 'x-powered-by'] as const;

/** A copy with what is meant for both ends only. */
export function withoutHopByHop(headers: Headers): Headers {
  const kept = new Headers(headers);
  const nominated = (headers.get('connection') ?? '').split(',').map((name) => name.trim());
  for (const name of nominated) if (/^[\w-]+$/.test(name)) kept.delete(name);
  for (const name of HOP_BY_HOP) kept.delete(name);
  return kept;
}

/** A client's headers as they may go on to the origin; of its cookies the session's alone, where a route takes it. */
export function requestHeaders(headers: Headers, { takesSession = false } = {}): Headers {
  const kept = withoutHopByHop(headers);
  const sessions = takesSession ? sessionCookies(headers.get('cookie') ?? '') : '';
  kept.delete('cookie');
  if (sessions !== '') kept.set('cookie', sessions);
  for (const name of [...kept.keys()]) if (FORGEABLE.test(name)) kept.delete(name);
  return kept;
}

/** Both where there are two: the origin refuses them. */
function sessionCookies(header: string): string {
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`)).join('; ');
}

/** Takes out of an answer what the origin says to the edge. */
export function stripInternal(answer: Headers): void {
  for (const name of INTERNAL_ANSWER) answer.delete(name);
  for (const name of [...answer.keys()]) if (name.startsWith('x-hotshelf-')) answer.delete(name);
}

/** The origin's headers as they may go on to a client. */
export function answerHeaders(headers: Headers): Headers {
  const kept = withoutHopByHop(headers);
  stripInternal(kept);
  return kept;
}
