/** How often whom is answered, counted across all processes. */

import { type Clock, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { SharedConfig } from '#origin/config.ts';
import type { Limits } from '#origin/http/limits.ts';
import { loginPolicies } from './login-throttle.ts';
import type { SharedCounts } from './redis.ts';

const MINUTE_SECONDS = MINUTE_MS / SECOND_MS;
const HOUR_SECONDS = 60 * MINUTE_SECONDS;

export function createLimits(config: SharedConfig, counts: SharedCounts, clock: Clock): Limits {
  const limiter = (name: string, requests: number, windowSeconds = MINUTE_SECONDS) =>
    counts.limiter({ name, requests, windowSeconds });
  const { LIMIT_LOGIN_FAILURES_PER_ACCOUNT, LIMIT_LOGIN_FAILURES_PER_ADDRESS } = config;
  const policies = loginPolicies(LIMIT_LOGIN_FAILURES_PER_ACCOUNT, LIMIT_LOGIN_FAILURES_PER_ADDRESS);
  return {
    user: limiter('user', config.LIMIT_USER_PER_MINUTE),
    checkout: limiter('checkout', config.LIMIT_CHECKOUT_PER_MINUTE),
    export: limiter('export', config.LIMIT_EXPORTS_PER_HOUR, HOUR_SECONDS),
    upload: limiter('upload', config.LIMIT_UPLOADS_PER_HOUR, HOUR_SECONDS),
    register: limiter('register', config.LIMIT_REGISTER_PER_HOUR, HOUR_SECONDS),
    mailedTokens: limiter('mailed-tokens', config.LIMIT_MAILED_TOKENS_PER_HOUR, HOUR_SECONDS),
    contributions: limiter('contributions', config.LIMIT_CONTRIBUTIONS_PER_HOUR, HOUR_SECONDS),
    logins: counts.loginThrottle(policies, clock),
  };
}
