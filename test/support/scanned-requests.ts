/** Every operation of the API's document as a request that sqlmap reads: a star behind what it is to try, by the others. */

import type { FuzzedOperation } from './fuzz-document.ts';
import type { Scene, Scenes } from './fuzz-scenes.ts';
import { fill, type Operation } from './operations.ts';

export interface ScannedRequest {
  readonly name: string;
  /** Raw HTTP/1.1. */
  readonly text: string;
}

const CALLERS = ['guest', 'owner'] as const;
const SAMPLE = 'chair';

/** Those that take something, from somebody who may and from a guest. */
export async function scannedRequests(
  host: string,
  { operations, documented, scenes }: ScanPlan,
): Promise<readonly ScannedRequest[]> {
  const requests: ScannedRequest[] = [];
  for (const operation of operations) {
    const fuzzed = documented.find(({ name }) => name === operation.name);
    const query = (fuzzed?.parameters ?? []).filter((parameter) => parameter.in === 'query');
    const takesSomething = query.length > 0 || operation.parameters.length > 0 || operation.body !== null;
    if (fuzzed === undefined || !takesSomething) continue;
    for (const who of CALLERS) {
      const scene = await scenes.at(fuzzed);
      const target = targetOf(operation, scene, query);
      const lines = [`${operation.method} ${target} HTTP/1.1`, `Host: ${host}`, ...headersOf(scene, who)];
      const body = operation.body === null ? '' : bodyOf(operation.body.example, scene);
      const type = body === '' ? [] : ['Content-Type: application/json'];
      const name = `${operation.name.replaceAll(/\W+/g, '-')}-${who}`;
      requests.push({ name, text: `${[...lines, ...type].join('\r\n')}\r\n\r\n${body}` });
    }
  }
  return requests;
}

export interface ScanPlan {
  readonly operations: readonly Operation[];
  readonly documented: readonly FuzzedOperation[];
  readonly scenes: Scenes;
}

function targetOf({ path }: Operation, { values }: Scene, query: FuzzedOperation['parameters']): string {
  // What no scene names is asked of all the same.
  const samples = path.matchAll(/\{(\w+)\}/g).map(([, name = '']) => [name, SAMPLE] as const);
  const named = { ...Object.fromEntries(samples), ...values };
  const starred = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, `${value}*`]));
  const pairs = query.map(({ name, schema }) => `${name}=${sampleOf(schema)}*`);
  const filled = fill(path, starred);
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

function sampleOf(schema: object): string {
  const { enum: choices, type } = schema as { readonly enum?: readonly unknown[]; readonly type?: string };
  const [first] = choices ?? [];
  return first === undefined ? (type === 'integer' || type === 'number' ? '1' : SAMPLE) : String(first);
}

/** Things that the example names are those of the scene, so that more is asked than whether they are there. */
function bodyOf(example: unknown, { values }: Scene): string {
  return JSON.stringify(example, (name, value: unknown) => values[name] ?? value) ?? '{}';
}

function headersOf({ values, callers }: Scene, who: (typeof CALLERS)[number]): readonly string[] {
  const owner = callers[who];
  return [
    ...('token' in owner ? [`Authorization: Bearer ${owner.token}`] : []),
    `Idempotency-Key: ${crypto.randomUUID()}`,
    ...(values['etag'] === undefined ? [] : [`If-Match: ${values['etag']}`]),
  ];
}
