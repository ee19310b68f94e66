/**
 * One effect per Idempotency-Key. The first request runs; its answer is stored for a day and given to every
 * repetition, and those that come while it runs wait for it. A run that ends in a failure of ours is not an answer:
 * the next request takes over and finds what the first one left, for both get the same resource id
 * ({@link AttemptUndone} apart).
 */

import { createHash } from 'node:crypto';
import type { Database } from '#db/client.ts';
import {
  claimKey,
  forgetKey,
  type IdempotencyClaim,
  keepClaimed,
  LEASE_MS,
  releaseKey,
  type StoredAnswer,
  storeAnswer,
} from '#db/idempotency.ts';
import { MAX_IDEMPOTENCY_KEY_LENGTH } from '#db/schema/messaging.ts';
import { after, DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import type { Brand } from '#lib/ids.ts';
import { AppError, PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode } from '#lib/problems.ts';
import { beyondRequest, evenAfterHangUp } from '#origin/adapters/time-left.ts';
import type { Deps } from '#origin/deps.ts';
import { PRIVATE } from './caching.ts';

/** What {@link once} may refuse, for the API's document. */
export const IDEMPOTENCY_FAILURES = [
  'idempotency_key_missing',
  'idempotency_in_progress',
  'idempotency_mismatch',
] as const satisfies readonly ProblemCode[];

export interface IdempotentRequest {
  /** Whose key it is: keys of different callers never meet. */
  readonly scope: string;
  /** The `Idempotency-Key` header as it came. */
  readonly key: string | undefined;
  /** What must be the same when the key is: the parsed body. */
  readonly payload: unknown;
}

/** A run failed and took back what it had begun: the next request with the key starts afresh. */
export class AttemptUndone extends AppError {}

/** `isFirst` is true where no earlier run can have had the resource's id. */
type Work<ResourceId> = (resourceId: ResourceId, isFirst: boolean) => Promise<StoredAnswer>;

const ANSWER_LIFE_MS = DAY_MS;
/** Longer than any run can take; a run that is older has crashed. */
const RUN_LIMIT_MS = 2 * MINUTE_MS;
/** How long a repetition waits for the first run's answer; well within what the edge waits for the origin. */
const WAIT_LIMIT_MS = 5 * SECOND_MS;
const POLL_MS = 100;
const MAX_POLLS = WAIT_LIMIT_MS / POLL_MS;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const FIRST_FAILURE_STATUS = 400;
const SERVER_ERROR = 500;

/**
 * Runs the request, unless it has an answer or is running: then its answer is waited for, for a while.
 * @throws {AppError} when the key is missing, used for something else, or its first request takes too long.
 */
export async function once<ResourceId extends Brand<string, string>>(
  deps: Deps,
  request: IdempotentRequest,
  run: Work<ResourceId>,
): Promise<StoredAnswer> {
  const key = checkKey(request.key);
  const requestHash = createHash('sha256').update(canonicalJson(request.payload)).digest();
  const runs = runsBeside(deps.db);
  const name = JSON.stringify([request.scope, key, requestHash.toString('base64')]);
  const first = runs.get(name);
  if (first !== undefined && deps.clock.now() < first.lockedUntil) return inTime(first.answer);
  const lockedUntil = after(deps.clock.now(), RUN_LIMIT_MS);
  const claim = { scope: request.scope, key, requestHash };
  const answer = evenAfterHangUp(() => claimAndRun(deps, claim, run));
  const own = { answer, lockedUntil };
  runs.set(name, own);
  try {
    return await answer;
  } finally {
    if (runs.get(name) === own) runs.delete(name);
  }
}

interface Run {
  readonly answer: Promise<StoredAnswer>;
  readonly lockedUntil: Date;
}

/** The answer over HTTP: a refusal that was kept is a problem document like any other. */
export function toResponse({ status, body }: StoredAnswer): Response {
  const contentType = status < FIRST_FAILURE_STATUS ? 'application/json' : PROBLEM_CONTENT_TYPE;
  return Response.json(body, { status, headers: { ...PRIVATE, 'content-type': contentType } });
}

/** What this process is at: its own repetitions wait for the run itself, and ask the database nothing. */
const runsByDatabase = new WeakMap<Database, Map<string, Run>>();

function runsBeside(db: Database): Map<string, Run> {
  const runs = runsByDatabase.get(db) ?? new Map<string, Run>();
  runsByDatabase.set(db, runs);
  return runs;
}

function inTime(answer: Promise<StoredAnswer>): Promise<StoredAnswer> {
  return withDeadline(answer, WAIT_LIMIT_MS, () => {
    throw new AppError('idempotency_in_progress');
  });
}

async function claimAndRun<ResourceId extends Brand<string, string>>(
  deps: Deps,
  request: Pick<IdempotencyClaim, 'scope' | 'key' | 'requestHash'>,
  run: Work<ResourceId>,
): Promise<StoredAnswer> {
  const { claim, result } = await claimInTime(deps, request);
  if (result.kind === 'answered') return result.answer;
  const release = beyondRequest(() => keepClaimed(deps.db, claim, () => deps.clock.now()));
  try {
    const isFirst = result.resourceId === claim.resourceId;
    const answer = await answerOf(() => run(result.resourceId as ResourceId, isFirst));
    await beyondRequest(() => storeAnswer(deps.db, claim, answer));
    return answer;
  } catch (error) {
    const isUndone = error instanceof AttemptUndone;
    await beyondRequest(() =>
      isUndone ? forgetKey(deps.db, claim) : releaseKey(deps.db, claim, deps.clock.now()),
    );
    throw error;
  } finally {
    release();
  }
}

/** While another process runs the request, this one asks again and again; between, it holds no connection. */
async function claimInTime(deps: Deps, request: Pick<IdempotencyClaim, 'scope' | 'key' | 'requestHash'>) {
  const resourceId = deps.ids.next<Brand<string, string>>();
  for (let poll = 0; poll <= MAX_POLLS; poll += 1) {
    if (poll > 0) await deps.sleep(POLL_MS);
    const now = deps.clock.now();
    const claim: IdempotencyClaim = {
      ...request,
      resourceId,
      now,
      lockedUntil: after(now, LEASE_MS),
      expiresAt: after(now, ANSWER_LIFE_MS),
    };
    const result = await claimKey(deps.db, claim);
    if (result.kind === 'mismatch') throw new AppError('idempotency_mismatch');
    if (result.kind !== 'running') return { claim, result };
  }
  throw new AppError('idempotency_in_progress');
}

/** A refusal is an answer and is kept; a failure of ours is thrown on. */
async function answerOf(run: () => Promise<StoredAnswer>): Promise<StoredAnswer> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { status, title, retryable } = PROBLEMS[error.code];
    if (status >= SERVER_ERROR || retryable) throw error;
    return { status, body: { type: 'about:blank', title, status, code: error.code, ...error.extras } };
  }
}

function checkKey(key: string | undefined): string {
  if (key === undefined || key === '') throw new AppError('idempotency_key_missing');
  if (key.length > MAX_IDEMPOTENCY_KEY_LENGTH || !VISIBLE_ASCII.test(key)) {
    const message = `must be 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} visible ASCII characters`;
    throw new AppError('invalid_input', { errors: [{ path: 'headers/idempotency-key', message }] });
  }
  return key;
}

/** The same JSON value gives the same text, in whatever order its members came. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
