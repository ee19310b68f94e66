/** Budgets of requests: who spends them, what is told of them, and what one gets who has spent them. */

import { Elysia } from 'elysia';
import { inWholeSeconds } from '#lib/clock.ts';
import { limitKey, NOWHERE } from '#lib/limit-key.ts';
import { AppError } from '#lib/problems.ts';
import type { Limiter, Usage } from '#origin/adapters/limiter.ts';
import type { LoginThrottle } from '#origin/adapters/login-throttle.ts';
import type { Caller } from './auth.ts';
import { clientIpOf } from './edge-only.ts';

/** Each has a budget of its own: users, and what costs much, for each user or, of guests, each address. */
export interface Limits {
  readonly user: Limiter;
  readonly checkout: Limiter;
  readonly register: Limiter;
  /** Mails with tokens that strangers may ask for, and the tokens that they bring. */
  readonly mailedTokens: Limiter;
  readonly logins: LoginThrottle;
}

const limitsOf = new WeakMap<Request, Limits>();
const usages = new WeakMap<Request, Usage>();
/** Of reads: counted while they are at work, see {@link settleLimits}. */
const counting = new WeakMap<Request, Promise<Usage>>();

/** Makes the limits known to whoever handles a request. */
export function limited(limits: Limits) {
  return new Elysia({ name: 'limits' }).onRequest(({ request }) => {
    limitsOf.set(request, limits);
  });
}

/**
 * Counts a user's request, as soon as it is known whose it is. A read has no effect to be kept from: it goes on at once,
 * so that Redis is asked in the same round trip as for what is read, and {@link settleLimits} has the last word.
 * @throws {AppError} `rate_limited`
 */
export async function countUser(request: Request, caller: Caller): Promise<void> {
  const limits = limitsOf.get(request);
  if (caller.kind !== 'user' || limits === undefined) return;
  const { user } = limits;
  if (request.method === 'GET' && user.refusal(caller.userId) === null) {
    counting.set(request, user.spend(caller.userId));
  } else await spend(user, request, caller.userId);
}

/** The refusal that takes an answer's place, where the user's budget proved to be spent meanwhile. */
export async function settleLimits(request: Request): Promise<AppError | null> {
  const counted = counting.get(request);
  if (counted === undefined) return null;
  const usage = await counted;
  note(request, usage);
  return usage.isWithin ? null : refused(usage);
}

/** @throws {AppError} `rate_limited` */
export async function countCostly(
  kind: 'checkout' | 'register' | 'mailedTokens',
  request: Request,
  caller: Caller | null,
): Promise<void> {
  const limits = limitsOf.get(request);
  if (limits === undefined) return;
  await spend(limits[kind], request, caller?.kind === 'user' ? caller.userId : addressOf(request));
}

async function spend(limiter: Limiter, request: Request, key: string): Promise<void> {
  const usage = await limiter.spend(key);
  note(request, usage);
  if (!usage.isWithin) throw refused(usage);
}

/** The budget that is told of is the one that is nearest to its end. */
function note(request: Request, usage: Usage): void {
  const known = usages.get(request);
  if (known === undefined || usage.left <= known.left) usages.set(request, usage);
}

/**
 * Header fields of draft-ietf-httpapi-ratelimit-headers-10: the budget, and how it stands. Empty where none was spent.
 */
export function rateLimitFields(request: Request): readonly (readonly [name: string, value: string])[] {
  const usage = usages.get(request);
  if (usage === undefined) return [];
  const { name, requests, windowSeconds } = usage.budget;
  return [
    ['ratelimit-policy', `"${name}";q=${requests};w=${windowSeconds}`],
    ['ratelimit', `"${name}";r=${usage.left};t=${inWholeSeconds(usage.resetMs)}`],
  ];
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
