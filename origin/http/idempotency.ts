/**
 * One effect per Idempotency-Key. The first request runs; its answer is stored for a day and given to every
 * repetition. A run that ends in a failure of ours is not an answer: the next request takes over and finds
 * what the first one left, for both get the same resource id ({@link AttemptUndone} apart).
 */

import { createHash } from 'node:crypto';
import { claimKey, forgetKey, releaseKey, type StoredAnswer, storeAnswer } from '#db/idempotency.ts';
import { MAX_IDEMPOTENCY_KEY_LENGTH } from '#db/schema/messaging.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { Brand } from '#lib/ids.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';

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

const ANSWER_LIFE_MS = DAY_MS;
/** Longer than any run can take; a run that is older has crashed. */
const RUN_LIMIT_MS = 2 * MINUTE_MS;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const SERVER_ERROR = 500;

/** @throws {AppError} when the key is missing, used for something else, or its first request still runs. */
export async function once<ResourceId extends Brand<string, string>>(
  deps: Deps,
  request: IdempotentRequest,
  run: (resourceId: ResourceId) => Promise<StoredAnswer>,
): Promise<StoredAnswer> {
  const now = deps.clock.now();
  const claim = {
    scope: request.scope,
    key: checkKey(request.key),
    requestHash: createHash('sha256').update(canonicalJson(request.payload)).digest(),
    resourceId: deps.ids.next<ResourceId>(),
    now,
    lockedUntil: after(now, RUN_LIMIT_MS),
    expiresAt: after(now, ANSWER_LIFE_MS),
  };
  const result = await claimKey(deps.db, claim);
  switch (result.kind) {
    case 'answered':
      return result.answer;
    case 'mismatch':
      throw new AppError('idempotency_mismatch');
    case 'running':
      throw new AppError('idempotency_in_progress');
    case 'claimed':
      break;
  }
  try {
    const answer = await answerOf(() => run(result.resourceId as ResourceId));
    await storeAnswer(deps.db, claim, answer);
    return answer;
  } catch (error) {
    if (error instanceof AttemptUndone) await forgetKey(deps.db, claim);
    else await releaseKey(deps.db, claim, deps.clock.now());
    throw error;
  }
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
