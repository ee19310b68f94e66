/** The processes that the console looks at, and how it asks them: never longer than a moment, never more than it reads. */

import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { SECOND_MS } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import { METRICS } from '#lib/metrics.ts';
import { createReader, type Exposition } from './exposition.ts';
import { PROCESS_KINDS, type ProcessKind } from './model.ts';

export interface Target {
  readonly kind: ProcessKind;
  /** Told apart by numbers where there are several of a kind. */
  readonly name: string;
  readonly url: string;
}

/** Dependencies by name; absent where the process tells of none. */
export type Checks = Readonly<Record<string, 'up' | 'down'>>;

/** What a process has said of itself; null is where it has not. */
export interface Reply {
  readonly exposition: Exposition | null;
  readonly checks: Checks | null;
  /** It is there, whatever it says. */
  readonly isAlive: boolean;
}

/** A process that asks what hangs tells of it within two seconds. */
const ASK_TIMEOUT_MS = 3 * SECOND_MS;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_TARGETS = 50;
/** The edge has no health beyond being there. */
const PATHS: Readonly<Record<ProcessKind, { readonly metrics: string; readonly health: string }>> = {
  origin: { metrics: '/metrics', health: '/health' },
  workers: { metrics: '/metrics', health: '/health' },
  edge: { metrics: '/__edge/metrics', health: '/livez' },
};

/**
 * `origin=http://10.0.0.1:3000,origin=http://10.0.0.2:3000,workers=http://10.0.0.3:3001,edge=http://10.0.0.4:8787`
 * @throws {ConfigError} when the list is none
 */
export function parseTargets(list: string): readonly Target[] {
  const pairs = list
    .split(/[,\n]/)
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const [, kind, url] = /^\s*(\w+)=(\S+?)\/?\s*$/.exec(pair) ?? [];
      const isKnown = PROCESS_KINDS.some((known) => known === kind);
      if (!isKnown || url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
        throw new ConfigError(
          `The environment variable OPS_TARGETS is not valid: expected pairs of ${PROCESS_KINDS.join(', ')} and an address.`,
        );
      }
      return { kind: kind as ProcessKind, url };
    });
  if (pairs.length > MAX_TARGETS) {
    throw new ConfigError(`The environment variable OPS_TARGETS is not valid: more than ${MAX_TARGETS}.`);
  }
  return pairs.map(({ kind, url }, index) => {
    const ofKind = pairs.filter((pair) => pair.kind === kind).length;
    const number = pairs.slice(0, index + 1).filter((pair) => pair.kind === kind).length;
    return { kind, url, name: ofKind === 1 ? kind : `${kind} ${number}` };
  });
}

/**
 * Those of the list, and those that the file names at the moment, in the same form or one a line: what starts and ends
 * processes by their load writes it anew. While the file cannot be read, those that it named last.
 * @throws {ConfigError} when the list is none
 */
export function followTargets(list: string, file: string | undefined): () => Promise<readonly Target[]> {
  let last = parseTargets(list);
  return async () => {
    if (file === undefined) return last;
    try {
      last = parseTargets(`${list},${await Bun.file(file).text()}`);
    } catch {
      // Half written, or not there yet.
    }
    return last;
  };
}

/** Never rejects. */
export type Ask = (target: Target) => Promise<Reply>;

/** Asks for metrics and health at once; a process that says one of them is there. */
export function createAsk(operatorToken: string): Ask {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const readers = new Map<string, ReturnType<typeof createReader>>();
  return async ({ kind, url }) => {
    const paths = PATHS[kind];
    const parse = readers.get(url) ?? createReader(isInCatalogue);
    readers.set(url, parse);
    const [exposition, health] = await Promise.all([
      read(url + paths.metrics, headers)
        .then(({ isOk, text }) => (isOk ? parse(text) : null))
        .catch(() => null),
      read(url + paths.health, headers).catch(() => null),
    ]);
    const checks = health === null ? null : parseChecks(health.text);
    return { exposition, checks, isAlive: exposition !== null || health !== null };
  };
}

const CATALOGUE: ReadonlySet<string> = new Set(Object.keys(METRICS));

function isInCatalogue(name: string): boolean {
  return CATALOGUE.has(name) || CATALOGUE.has(name.replace(/_(bucket|sum|count)$/, ''));
}

async function read(url: string, headers: Readonly<Record<string, string>>) {
  const answer = await fetch(url, {
    headers,
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    redirect: 'error',
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error(`${url} says more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { isOk: answer.ok, text: Buffer.concat(chunks).toString('utf8') };
}

const Health = Type.Object({
  checks: Type.Array(Type.Object({ name: Type.String(), status: Type.String() })),
});

function parseChecks(text: string): Checks | null {
  try {
    const body: unknown = JSON.parse(text);
    if (!Value.Check(Health, body)) return null;
    return Object.fromEntries(
      body.checks.map(({ name, status }) => [name, status === 'down' ? 'down' : 'up']),
    );
  } catch {
    return null;
  }
}
