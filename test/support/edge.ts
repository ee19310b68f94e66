/** The real Worker on workerd in front of an origin that a test scripts, and ways to talk to it. */

import { connect } from 'node:net';
import { present } from '#lib/assert.ts';
import { PURGE_PATH } from '#lib/edge-contract.ts';
import { type EdgeOptions, type RunningEdge, startEdge } from '#ops/edge/run.ts';

export const EDGE_SECRET = 'edge-secret-of-the-tests-0123456789abcdef';
export const PURGE_SECRET = 'purge-secret-of-the-tests-0123456789abcdef';
const DEADLINE_MS = 10_000;

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they came over the wire. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
}

export type Script = (seen: SeenRequest) => Response | Promise<Response>;

/** An origin whose answers are given per path, so that tests in one file do not meet. */
export class ScriptedOrigin {
  readonly #scripts = new Map<string, Script>();
  readonly #seen: SeenRequest[] = [];
  readonly port: number;
  #server: Bun.Server<undefined>;

  constructor() {
    this.#server = this.#serve(0);
    this.port = present(this.#server.port, "the origin's port");
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the origin answers under a path, whatever the query. */
  on(path: string, script: Script): void {
    this.#scripts.set(path, script);
  }

  seen(path: string): readonly SeenRequest[] {
    return this.#seen.filter(({ target }) => target.split('?')[0] === path);
  }

  async stop(): Promise<void> {
    await this.#server.stop(true);
  }

  /** Comes back on the same port. */
  restart(): void {
    this.#server = this.#serve(this.port);
  }

  #serve(port: number): Bun.Server<undefined> {
    return Bun.serve({
      hostname: '127.0.0.1',
      port,
      fetch: async (request) => {
        const url = new URL(request.url);
        const { method, headers } = request;
        const seen = { method, headers, target: url.pathname + url.search, body: await request.text() };
        this.#seen.push(seen);
        const script = this.#scripts.get(url.pathname);
        return script === undefined ? Response.json({ unscripted: true }) : script(seen);
      },
    });
  }
}

export interface EdgeUnderTest {
  readonly origin: ScriptedOrigin;
  readonly edge: RunningEdge;
  readonly logs: readonly string[];
  /** Every call comes from another address, unless it names one. */
  fetch(target: string, init?: RequestInit & { readonly ip?: string }): Promise<Response>;
  purge(tags: readonly string[], secret?: string): Promise<Response>;
  stop(): Promise<void>;
}

export async function startEdgeUnderTest(
  options: Pick<EdgeOptions, 'vars' | 'limits'> = {},
): Promise<EdgeUnderTest> {
  const origin = new ScriptedOrigin();
  const logs: string[] = [];
  const edge = await startEdge({
    originUrl: origin.url,
    edgeSecret: EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    ...options,
    vars: { TRUST_CF_CONNECTING_IP: 'true', ...options.vars },
    onLog: (line) => logs.push(line),
  });
  const call = (target: string, { ip = nextIp(), ...init }: RequestInit & { readonly ip?: string } = {}) => {
    const headers = new Headers(init.headers);
    headers.set('cf-connecting-ip', ip);
    return fetch(`${edge.url}${target}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
      ...init,
      headers,
    });
  };
  return {
    origin,
    edge,
    logs,
    fetch: call,
    purge: (tags, secret = PURGE_SECRET) =>
      call(PURGE_PATH, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ tags }),
      }),
    async stop() {
      await edge.stop();
      await origin.stop();
    },
  };
}

let lastIp = 0;

export function nextIp(): string {
  lastIp += 1;
  return `10.${(lastIp >> 16) & 255}.${(lastIp >> 8) & 255}.${lastIp & 255}`;
}

/** A catalogue answer as the origin gives it; `Age` makes it old without anybody waiting. */
export function product(
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  cacheControl = 'public, max-age=0, s-maxage=60, stale-while-revalidate=30, stale-if-error=86400',
): Response {
  return Response.json(body, { headers: { 'cache-control': cacheControl, etag: '"v1"', ...headers } });
}

/** The edge's own member of `Cache-Status`, which is the last. */
export function cacheStatus(response: Response): string {
  return (response.headers.get('cache-status') ?? '').split(',').at(-1)?.trim() ?? '';
}

/** Sends a request line exactly as given, which no HTTP client would; gives back the status. */
export function rawStatus(url: string, requestTarget: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect(Number(port), hostname, () => {
    socket.write(`GET ${requestTarget} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n`);
  });
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error('no answer in time')));
  socket.once('data', (data) => {
    resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString())?.[1]));
    socket.destroy();
  });
  socket.once('error', reject);
  return promise;
}
