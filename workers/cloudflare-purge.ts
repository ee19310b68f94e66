/**
 * Cloudflare's purge by tag, for the data centres that the edge's own endpoint does not reach. Tags that come while
 * a call is under way go out together in the next; calls keep within the account's rate.
 * https://developers.cloudflare.com/cache/how-to/purge-cache/#purge-limits
 */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { POLICIES } from '#lib/policies.ts';
import { createRetryBudget, type RetryBudget } from '#lib/retry-budget.ts';
import type { Deps } from '#origin/deps.ts';

/** 'Max operations per request'. */
const MAX_TAGS_PER_CALL = 100;
/** 'Bucket size' of the smaller plans: so many calls may go out at once. */
const BUCKET_CALLS = 25;
const MAX_WAITING_BATCHES = 100;
const { retry: RETRY, timeoutMs: ANSWER_MS } = POLICIES.cloudflare;
const TOO_MANY_REQUESTS = 429;
const FIRST_SERVER_FAILURE = 500;

const Answer = Type.Object({
  success: Type.Boolean(),
  errors: Type.Array(Type.Object({ code: Type.Number(), message: Type.String() })),
});

/** Resolves when every one of the tags is purged everywhere. `inHand`: whose work it is, which waits for most of it. */
export type PurgeTags = (tags: readonly string[], inHand: InHand) => Promise<void>;

type InHand = Deps['inHand'];

export interface CloudflareZone {
  /** With the version, without a trailing slash: `https://api.cloudflare.com/client/v4`. */
  readonly apiUrl: string;
  readonly zoneId: string;
  /** Needs the permission Zone → Cache Purge. */
  readonly apiToken: string;
  readonly callsPerMinute: number;
}

/** Time as a dependency, waiting included. */
export interface Waiting {
  readonly nowMs: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

const REAL_TIME: Waiting = { nowMs: () => performance.now(), wait: (ms) => Bun.sleep(ms) };

interface Batch {
  readonly tags: Set<string>;
  readonly inHand: Set<InHand>;
  readonly outcome: PromiseWithResolvers<void>;
}

export function createCloudflarePurge(zone: CloudflareZone, time: Waiting = REAL_TIME): PurgeTags {
  const takeToken = createBucket(zone.callsPerMinute, time);
  const budget = createRetryBudget(RETRY.budget);
  const waiting: Batch[] = [];
  let isSending = false;

  const send = async (): Promise<void> => {
    isSending = true;
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      await purge({ zone, time, takeToken, budget }, batch).then(batch.outcome.resolve, batch.outcome.reject);
    }
    isSending = false;
  };

  return async (tags, inHand) => {
    const joined = new Set(tags.map((tag) => join(waiting, tag)));
    for (const batch of joined) batch.inHand.add(inHand);
    inHand.waits();
    if (!isSending) void send();
    await Promise.all([...joined].map(({ outcome }) => outcome.promise)).finally(inHand.goesOn);
  };
}

/** The waiting batch that the tag goes out with. */
function join(waiting: Batch[], tag: string): Batch {
  const open = waiting.find(({ tags }) => tags.has(tag) || tags.size < MAX_TAGS_PER_CALL);
  if (open !== undefined) {
    open.tags.add(tag);
    return open;
  }
  if (waiting.length >= MAX_WAITING_BATCHES) throw new Error('too many purges are waiting for Cloudflare');
  const batch: Batch = { tags: new Set([tag]), inHand: new Set(), outcome: Promise.withResolvers() };
  waiting.push(batch);
  return batch;
}

/** Resolves when a call may go out. */
function createBucket(callsPerMinute: number, { nowMs, wait }: Waiting): () => Promise<void> {
  const msPerCall = MINUTE_MS / callsPerMinute;
  let tokens = BUCKET_CALLS;
  let filledAt = nowMs();
  return async () => {
    tokens = Math.min(BUCKET_CALLS, tokens + (nowMs() - filledAt) / msPerCall);
    filledAt = nowMs();
    tokens -= 1;
    if (tokens < 0) await wait(-tokens * msPerCall);
  };
}

interface Purge {
  readonly zone: CloudflareZone;
  readonly time: Waiting;
  readonly takeToken: () => Promise<void>;
  readonly budget: RetryBudget;
}

/** Only a call is in hand: what Cloudflare has a batch wait for takes minutes, and nothing is wrong. */
async function purge({ zone, time, takeToken, budget }: Purge, { tags, inHand }: Batch): Promise<void> {
  budget.earn();
  for (let attempt = 1; ; attempt += 1) {
    await takeToken();
    for (const each of inHand) each.goesOn();
    const result = await call(zone, [...tags]);
    for (const each of inHand) each.waits();
    if (result.kind === 'purged') return;
    const isLast = !result.isRetryable || attempt > RETRY.most || !budget.take();
    if (isLast) throw new Error(result.reason);
    const backoffMs = RETRY.firstWaitMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    await time.wait(Math.min(result.retryAfterMs ?? backoffMs, RETRY.longestWaitMs));
  }
}

type CallResult =
  | { readonly kind: 'purged' }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly isRetryable: boolean;
      readonly retryAfterMs: number | null;
    };

async function call(zone: CloudflareZone, tags: readonly string[]): Promise<CallResult> {
  try {
    const response = await fetch(`${zone.apiUrl}/zones/${zone.zoneId}/purge_cache`, {
      method: 'POST',
      headers: { authorization: `Bearer ${zone.apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tags }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const answer = parse(await response.text());
    if (response.ok && answer?.success === true) return { kind: 'purged' };
    const { status } = response;
    const errors = (answer?.errors ?? []).map(({ code, message }) => `${code} ${message}`).join(', ');
    return {
      kind: 'failed',
      reason: `Cloudflare answered a purge with ${status}${errors === '' ? '' : `: ${errors}`}`,
      isRetryable: status === TOO_MANY_REQUESTS || status >= FIRST_SERVER_FAILURE,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    };
  } catch (cause) {
    const reason = `Cloudflare gave no answer to a purge: ${String(cause)}`;
    return { kind: 'failed', reason, isRetryable: true, retryAfterMs: null };
  }
}

function parse(text: string): Static<typeof Answer> | null {
  try {
    const answer: unknown = JSON.parse(text);
    return Value.Check(Answer, answer) ? answer : null;
  } catch {
    return null;
  }
}

/** Seconds or a date, RFC 9110 §10.2.3. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * SECOND_MS : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
