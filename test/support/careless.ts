/**
 * An origin and a cache that make the mistakes which cache attacks live on: the one reflects all it is sent and calls
 * everything cacheable, the other keys on what it takes a path to mean and forwards the rest. Both speak raw HTTP.
 */

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';

const DEADLINE_MS = 10_000;

export interface RawRequest {
  readonly method?: string;
  /** Sent as it is, normalised by nobody. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface CarelessServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The whole answer as text, its head included. */
export function exchange(
  url: string,
  { method = 'GET', target, headers = {}, body }: RawRequest,
): Promise<string> {
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const fields = Object.entries({ host: 'shop.test', ...headers, ...length, connection: 'close' });
  const head = [`${method} ${target} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname, () =>
    socket.write(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`),
  );
  let text = '';
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('no answer in time')));
  socket.on('data', (data) => {
    text += data.toString('latin1');
    // Not every server closes because it is asked to.
    if (isWhole(text, method)) socket.destroy();
  });
  socket.once('close', () => resolve(text));
  socket.once('error', reject);
  return promise;
}

function isWhole(text: string, method: string): boolean {
  const [head = '', body] = text.split('\r\n\r\n', 2);
  if (body === undefined) return false;
  if (method === 'HEAD' || /^HTTP\/1\.1 (?:204|304)/.test(head)) return true;
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : body.length >= Number(length);
}

/** Answers by what stands in the path after `answers-`; `seen` has all that it was sent, as text. */
export async function startCarelessOrigin(): Promise<CarelessServer & { readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const told = JSON.stringify({ ...toldBy(incoming), body: await textOf(incoming) });
    seen.push(told);
    const kind = /answers-([a-z0-9-]+?)-probe/.exec(incoming.url ?? '')?.[1] ?? '';
    const { status = incoming.headers.range === undefined ? 200 : 206, ...fields } = KINDS[kind] ?? {};
    outgoing.writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=60, s-maxage=60',
      ...(kind === 'set-cookie' ? { 'set-cookie': `session=${crypto.randomUUID()}` } : {}),
      ...fields,
    });
    outgoing.end(JSON.stringify({ nonce: crypto.randomUUID(), told }));
  });
  return { ...(await listen(server)), seen };
}

const KINDS: Readonly<Record<string, { readonly status?: number } & Record<string, string | number>>> = {
  'set-cookie': {},
  private: { 'cache-control': 'private, max-age=60' },
  'private-field': { 'cache-control': 'private="x-a", max-age=60' },
  'no-store': { 'cache-control': 'no-store, s-maxage=60' },
  'no-cache': { 'cache-control': 'no-cache, s-maxage=60' },
  'no-lifetime': { 'cache-control': 'public' },
  'cdn-private': { 'cdn-cache-control': 'private' },
  'vary-star': { vary: '*' },
  html: { 'content-type': 'text/html' },
  script: { 'content-type': 'text/javascript' },
  untyped: { 'content-type': '' },
  redirect: { status: 302, location: 'https://evil.test/' },
  moved: { status: 301, location: 'https://evil.test/' },
  forbidden: { status: 403 },
  failure: { status: 500 },
  'bad-request': { status: 400 },
  'html-not-found': { status: 404, 'content-type': 'text/html' },
  picture: { 'content-type': 'image/jpeg' },
  'odd-tag': { 'cache-tag': 'not a tag' },
};

function toldBy({ method, url, rawHeaders }: IncomingMessage) {
  return { method, target: url, headers: rawHeaders };
}

/** Stores whatever it forwards, under what a path seems to mean. */
export async function startNaiveCache(originUrl: string): Promise<CarelessServer & { forget(): void }> {
  const stored = new Map<string, Stored>();
  const server = createServer(async (incoming, outgoing) => {
    const body = await textOf(incoming);
    const key = naiveKey(incoming.url ?? '');
    const answer = stored.get(key) ?? (await forward(originUrl, incoming, body));
    stored.set(key, answer);
    give(outgoing, answer);
  });
  return { ...(await listen(server)), forget: () => stored.clear() };
}

interface Stored {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: string;
}

function naiveKey(target: string): string {
  const [rawPath = '', query = ''] = target.replace(/^https?:\/\/[^/]+/, '').split('?', 2);
  const decoded = rawPath.replace(/%([\da-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const plain = decoded
    .replaceAll('\\', '/')
    .replace(/[;\0\n\r?#].*$/s, '')
    .toLowerCase();
  const { pathname } = new URL(`http://any${plain.replace(/\/+/g, '/')}`);
  const first = /(?:^|[&;])(?:q|%71|Q)(?:\[\])?=([^&;%]*)/.exec(query)?.[1] ?? '';
  return `${pathname.replace(/\/$/, '')}?${first.trim().toLowerCase()}`;
}

function forward(originUrl: string, incoming: IncomingMessage, body: string): Promise<Stored> {
  const { promise, resolve, reject } = Promise.withResolvers<Stored>();
  const { hostname, port } = new URL(originUrl);
  const path = (incoming.url ?? '').replace(/^https?:\/\/[^/]+/, '');
  const { method, headers } = incoming;
  const outgoing = request({ hostname, port, path, method, headers }, async (answer) => {
    const fields = Object.entries(answer.headers).filter(
      ([name]) => !/^(connection|content-length|transfer)/.test(name),
    );
    const kept = Object.fromEntries(fields) as Stored['headers'];
    resolve({ status: answer.statusCode ?? 0, headers: kept, body: await textOf(answer) });
  });
  outgoing.once('error', reject);
  outgoing.end(body);
  return promise;
}

function give(outgoing: ServerResponse, { status, headers, body }: Stored): void {
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

async function listen(server: Server): Promise<CarelessServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}
