/** Sends what was made up to the shop, and holds each answer against the document. */

import fc from 'fast-check';
import { type Attempt, attemptsAt } from './fuzz-attempts.ts';
import { type FuzzedOperation, faultOf } from './fuzz-document.ts';
import type { Scene, Scenes } from './fuzz-scenes.ts';
import { type Answer, asEdge, type Reachable } from './origin.ts';

export interface FuzzTally {
  readonly name: string;
  faults: number;
  /** How often each status was answered. */
  readonly statuses: Map<number, number>;
}

export interface FuzzReport {
  readonly tallies: readonly FuzzTally[];
  /** Each with what is needed to see it again. */
  readonly faults: readonly string[];
}

interface Fuzzing {
  readonly shop: Reachable;
  readonly scenes: Scenes;
  readonly operations: readonly FuzzedOperation[];
  readonly requests: number;
  readonly seed: number;
}

/** What no client can put into a header. */
const UNSENDABLE = /[^\x20-\x7e\xa0-\xff]/g;
const MAX_FAULTS_TOLD = 20;
const MAX_TOLD_CHARACTERS = 1_500;

/** Every operation in its turn, so that what one leaves behind meets all others. The seed decides every request. */
export async function fuzz({ shop, scenes, operations, requests, seed }: Fuzzing): Promise<FuzzReport> {
  const each = Math.ceil(requests / operations.length);
  const lanes = operations.map((operation, index) => ({
    operation,
    attempts: fc.sample(attemptsAt(operation), { numRuns: each, seed: seed + index }),
    tally: { name: operation.name, faults: 0, statuses: new Map() },
  }));
  const faults: string[] = [];
  for (let turn = 0; turn < each; turn += 1) {
    for (const { operation, attempts, tally } of lanes) {
      const attempt = attempts[turn];
      if (attempt === undefined) continue;
      const scene = await scenes.at(operation);
      const answer = await answerOf(await shop.fetch(toRequest(operation, attempt, scene)));
      scenes.answered(operation, answer.status);
      const fault = faultOf(operation, answer);
      count(tally, answer.status, fault !== null);
      if (fault === null) continue;
      faults.push(
        await describe({
          told: toRequest(operation, attempt, scene),
          answer,
          fault,
          at: `seed ${seed}, turn ${turn}, ${operation.name}`,
        }),
      );
    }
  }
  return { tallies: lanes.map(({ tally }) => tally), faults: faults.slice(0, MAX_FAULTS_TOLD) };
}

function count(tally: FuzzTally, status: number, isFault: boolean): void {
  tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
  if (isFault) tally.faults += 1;
}

/** What stands for a value of the shop, as it is and as a URL writes it. */
function filled(text: string, { values }: Scene): string {
  return text
    .replaceAll(/«(\w+)»/g, (_all, name: string) => values[name] ?? name)
    .replaceAll(/%C2%AB(\w+)%C2%BB/g, (_all, name: string) => encodeURIComponent(values[name] ?? name));
}

function toRequest({ method }: FuzzedOperation, attempt: Attempt, scene: Scene): Request {
  const url = `http://localhost${filled(attempt.target, scene)}`;
  const body =
    typeof attempt.body === 'string' ? new TextEncoder().encode(filled(attempt.body, scene)) : attempt.body;
  const caller: Readonly<Record<string, string>> = scene.callers[attempt.who];
  const headers: Record<string, string> = {
    ...(caller['token'] === undefined ? {} : { authorization: `Bearer ${caller['token']}` }),
    ...(body === null ? {} : { 'content-length': String(body.byteLength) }),
  };
  for (const [name, value] of Object.entries(attempt.headers))
    headers[name] = filled(value, scene).replace(UNSENDABLE, '').trim();
  const proven = asEdge({ method, url, headers, body });
  return new Request(url, { method, headers: proven, body });
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  if (!isJson) return { status, headers, body: (await response.arrayBuffer()).byteLength === 0 ? null : '' };
  const text = await response.text();
  return { status, headers, body: text === '' ? null : JSON.parse(text) };
}

interface Told {
  readonly told: Request;
  readonly answer: Answer;
  readonly fault: string;
  readonly at: string;
}

async function describe({ told, answer, fault, at }: Told): Promise<string> {
  const short = (text: string) => text.slice(0, MAX_TOLD_CHARACTERS);
  const headers = [...told.headers].map(([name, value]) => `${name}: ${short(value)}`).join('\n  ');
  return [
    `${fault} (${at})`,
    `  ${told.method} ${short(told.url)}\n  ${headers}\n  ${short(JSON.stringify(await told.text()))}`,
    `  answered ${answer.status} ${short(JSON.stringify(answer.body))}`,
  ].join('\n');
}
