/** Budgets of requests: who spends them, what is told of them, and what one gets who has spent them. */

import { Elysia } from 'elysia';
import { inWholeSeconds } from '#lib/clock.ts';
import { limitKey, NOWHERE } from '#lib/limit-key.ts';
import { AppError, problemResponse } from '#lib/problems.ts';
import type { Limiter, Usage } from '#origin/adapters/limiter.ts';
import type { LoginThrottle } from '#origin/adapters/login-throttle.ts';
import type { Caller } from './auth.ts';
import { clientIpOf } from './edge-only.ts';

/** Each has a budget of its own: users, and what costs much, for each user or, of guests, each address. */
export interface Limits {
  readonly user: Limiter;
  readonly checkout: Limiter;
  readonly export: Limiter;
  readonly upload: Limiter;
  readonly register: Limiter;
  /** Mails with tokens that strangers may ask for, and the tokens that they bring. */
  readonly mailedTokens: Limiter;
  /** What shoppers write for others to read, and their complaints of it. */
  readonly contributions: Limiter;
  readonly logins: LoginThrottle;
}

/** What a request may spend of, and has spent. */
interface Spending {
  readonly limits: Limits;
  /** Of a read: counted while it is at work, see {@link settleLimits}. */
  count: Count | null;
  /** Of the budgets that it has spent of, the one nearest to its end. */
  usage: Usage | null;
}

/** Of a request: on its way, until there is a usage. A promise would cost every read some time, and few have to wait. */
interface Count {
  usage: Usage | null;
  onCounted: ((usage: Usage) => void) | null;
}

const spendings = new WeakMap<Request, Spending>();

/** Makes the limits known to whoever handles a request. */
export function limited(limits: Limits) {
  return new Elysia({ name: 'limits' }).onRequest(({ request }) => {
    spendings.set(request, { limits, count: null, usage: null });
  });
}

/**
 * Counts a user's request, as soon as it is known whose it is. A read has no effect to be kept from: it goes on at once
 * (null), so that Redis is asked in the same round trip as for what is read, and {@link settleLimits} has the last word.
 * @throws {AppError} `rate_limited` (from the promise)
 */
export function countUser(request: Request, caller: Caller): Promise<void> | null {
  const spending = spendings.get(request);
  if (caller.kind !== 'user' || spending === undefined) return null;
  const { user } = spending.limits;
  if (request.method !== 'GET' || user.refusal(caller.userId) !== null) {
    return spend(spending, user, caller.userId);
  }
  const count: Count = { usage: null, onCounted: null };
  spending.count = count;
  user.count(caller.userId, (usage) => {
    count.usage = usage;
    count.onCounted?.(usage);
  });
  return null;
}

/**
 * Sets the header fields of draft-ietf-httpapi-ratelimit-headers-10 where a budget was spent of: the budget, and how it
 * stands. Where the user's proved to be spent meanwhile, a refusal takes the answer's place.
 */
export function settleLimits(
  request: Request,
  answer: Response,
  onRefusal: (refusal: AppError) => void,
): Response | Promise<Response> {
  const spending = spendings.get(request);
  if (spending === undefined) return answer;
  const { count } = spending;
  if (count === null) return told(spending, answer);
  const settling = { answer, onRefusal };
  if (count.usage !== null) return settled(spending, count.usage, settling);
  return new Promise((resolve) => {
    count.onCounted = (usage) => resolve(settled(spending, usage, settling));
  });
}

interface Settling {
  readonly answer: Response;
  readonly onRefusal: (refusal: AppError) => void;
}

function settled(spending: Spending, usage: Usage, { answer, onRefusal }: Settling): Response {
  note(spending, usage);
  if (usage.isWithin) return told(spending, answer);
  const refusal = refused(usage);
  onRefusal(refusal);
  return told(spending, problemResponse(refusal.code, refusal.extras));
}

function told({ usage }: Spending, answer: Response): Response {
  if (usage === null) return answer;
  const { name, requests, windowSeconds } = usage.budget;
  answer.headers.set('ratelimit-policy', `"${name}";q=${requests};w=${windowSeconds}`);
  answer.headers.set('ratelimit', `"${name}";r=${usage.left};t=${inWholeSeconds(usage.resetMs)}`);
  return answer;
}

/** @throws {AppError} `rate_limited` */
export async function countCostly(
  kind: 'checkout' | 'export' | 'upload' | 'register' | 'mailedTokens' | 'contributions',
  request: Request,
  caller: Caller | null,
): Promise<void> {
  const spending = spendings.get(request);
  if (spending === undefined) return;
  const key = caller?.kind === 'user' ? caller.userId : addressOf(request);
  await spend(spending, spending.limits[kind], key);
}

async function spend(spending: Spending, limiter: Limiter, key: string): Promise<void> {
  const usage = limiter.refusal(key) ?? (await new Promise<Usage>((counted) => limiter.count(key, counted)));
  note(spending, usage);
  if (!usage.isWithin) throw refused(usage);
}

function note(spending: Spending, usage: Usage): void {
  if (spending.usage === null || usage.left <= spending.usage.left) spending.usage = usage;
}

/** Where a request comes from, as budgets count it: of IPv6 the network. */
export function addressOf(request: Request): string {
  return limitKey(clientIpOf(request) ?? NOWHERE);
}

function refused({ budget, resetMs }: Usage): AppError {
  return new AppError(
    'rate_limited',
    { retryAfterSeconds: inWholeSeconds(resetMs) },
    { reason: budget.name },
  );
}
