/**
 * What stands behind `caches.default` of the local edge: a Worker that workerd asks over HTTP, holding answers in
 * memory. A look-up is a GET and tells by `CF-Cache-Status` what it found; a `put` is a PUT whose body is the answer
 * as HTTP/1.1 spells it, 204 when kept and 413 when not; a `delete` is a PURGE, 200 or 404.
 */

import { LRUCache } from 'lru-cache';
import { parseDirectives, seconds } from '#edge/cache/directives.ts';
import { SECOND_MS } from '#lib/clock.ts';

/** The least recently used go first, so that no marker of a purge goes before an answer that is in use. */
const MAX_ANSWERS = 200_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** What an answer takes beside its own bytes, about. */
const OVERHEAD_BYTES = 500;
const CARRIAGE_RETURN = 13;
const HEAD_END_BYTES = 4;
const STATUS_HEADER = 'cf-cache-status';
const NEVER_KEPT = ['no-store', 'no-cache', 'private'];

interface Kept {
  readonly status: number;
  readonly headers: [name: string, value: string][];
  readonly body: Uint8Array<ArrayBuffer>;
}

const decoder = new TextDecoder();
const kept = new LRUCache<string, Kept>({
  max: MAX_ANSWERS,
  maxSize: MAX_BYTES,
  // Otherwise it keeps the time until a timer, which ends with the request that set it.
  ttlResolution: 0,
  perf: Date,
});

export default {
  async fetch(request: Request): Promise<Response> {
    switch (request.method) {
      case 'GET':
        return lookUp(request.url);
      case 'PUT':
        return new Response(null, { status: (await keep(request)) ? 204 : 413 });
      case 'PURGE':
        return new Response(null, { status: kept.delete(request.url) ? 200 : 404 });
      default:
        return new Response(null, { status: 405 });
    }
  },
};

function lookUp(url: string): Response {
  const found = kept.get(url);
  if (found === undefined) return new Response(null, { status: 504, headers: { [STATUS_HEADER]: 'MISS' } });
  const { status, headers, body } = found;
  const response = new Response(body.byteLength === 0 ? null : body, { status, headers });
  response.headers.set(STATUS_HEADER, 'HIT');
  return response;
}

async function keep(request: Request): Promise<boolean> {
  const message = new Uint8Array(await request.arrayBuffer());
  const headEnd = endOfHead(message);
  const [statusLine = '', ...fields] = decoder.decode(message.subarray(0, headEnd)).split('\r\n');
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const ttlSeconds = lifetimeSeconds(headers);
  if (ttlSeconds === 0) return false;
  const answer = {
    status: Number(statusLine.split(' ')[1]),
    headers: headers.filter(([name]) => name.toLowerCase() !== 'transfer-encoding'),
    body: message.slice(headEnd + HEAD_END_BYTES),
  };
  const size = message.byteLength + OVERHEAD_BYTES;
  kept.set(request.url, answer, { ttl: ttlSeconds * SECOND_MS, size });
  return kept.has(request.url);
}

/** 0 when it may not be kept. */
function lifetimeSeconds(headers: Kept['headers']): number {
  const fieldOf = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;
  const directives = parseDirectives(fieldOf('cache-control'));
  const isRefused = fieldOf('set-cookie') !== null || NEVER_KEPT.some((name) => directives.has(name));
  return isRefused ? 0 : (seconds(directives.get('s-maxage') ?? directives.get('max-age')) ?? 0);
}

/** Where the empty line begins: the first line end that another one follows. */
function endOfHead(message: Uint8Array): number {
  let at = message.indexOf(CARRIAGE_RETURN);
  while (at !== -1 && message[at + 2] !== CARRIAGE_RETURN) at = message.indexOf(CARRIAGE_RETURN, at + 1);
  return at;
}
