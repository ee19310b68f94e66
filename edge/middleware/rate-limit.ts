/**
 * Limits by IP through Cloudflare's rate limiting binding: a coarse shield, counted per location. Exact limits
 * are the origin's.
 */

import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Budget, RateLimiter } from '#edge/env.ts';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { catalogReadOf, type DeclaredRoute } from '#edge/routes.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { UPLOAD_PATH } from '#lib/edge-contract.ts';
import { limitKey } from '#lib/limit-key.ts';
import type { Logger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';

/** The `period` of every binding in wrangler.jsonc. */
const PERIOD_SECONDS = 60;

/**
 * Counts the request against its budget.
 * @throws {AppError} `rate_limited` when the budget is used up.
 */
export type Admission = (c: Context<EdgeEnv>) => Promise<void>;

export function createAdmission({ limiters, clock }: Pick<Platform, 'limiters' | 'clock'>): Admission {
  return async (c) => {
    const budget = budgetOf(c.get('route'), c.req.raw);
    if (await isWithinLimit(limiters[budget], limitKey(c.get('clientIp')), c.get('log'))) return;
    // The binding does not tell when it opens again; its windows end with the clock's minute at the latest.
    const elapsedSeconds = Math.floor(clock.now().getTime() / SECOND_MS) % PERIOD_SECONDS;
    const retryAfterSeconds = PERIOD_SECONDS - elapsedSeconds;
    throw new AppError('rate_limited', { retryAfterSeconds }, { reason: budget });
  };
}

/** A limiter that fails lets through: the shield is coarse, and its loss must not close the shop. */
async function isWithinLimit(limiter: RateLimiter, key: string, log: Logger): Promise<boolean> {
  try {
    return (await limiter.limit({ key })).success;
  } catch (error) {
    log.error('the rate limiter failed', { error });
    return true;
  }
}

function budgetOf(route: DeclaredRoute, request: Request): Budget {
  const isRead = catalogReadOf(route, request.method) !== null;
  if (isRead) return route.budget === 'searchMiss' ? 'searchMiss' : 'catalogMiss';
  if (route.budget !== 'shopper') return route.budget;
  return hasBearer(request) ? 'signedIn' : 'anonymous';
}

export function hasBearer({ headers }: Request): boolean {
  return /^bearer\s+\S/i.test(headers.get('authorization') ?? '');
}

export function rateLimit(admit: Admission) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    // An upload has been counted before its body was taken in.
    if (c.get('path') !== UPLOAD_PATH) await admit(c);
    await next();
  });
}
