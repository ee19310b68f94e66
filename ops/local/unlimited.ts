/** Settings for a shop that one machine loads with what many shoppers would do: no limit is ever reached. */

const NEVER_REACHED = 1_000_000_000;

export const NO_LIMITS = {
  MIN_REQUESTS_AT_WORK: NEVER_REACHED,
  MAX_REQUESTS_AT_WORK: NEVER_REACHED,
  LIMIT_USER_PER_MINUTE: NEVER_REACHED,
  LIMIT_CHECKOUT_PER_MINUTE: NEVER_REACHED,
  LIMIT_EXPORTS_PER_HOUR: NEVER_REACHED,
  LIMIT_UPLOADS_PER_HOUR: NEVER_REACHED,
  LIMIT_REGISTER_PER_HOUR: NEVER_REACHED,
  LIMIT_MAILED_TOKENS_PER_HOUR: NEVER_REACHED,
  LIMIT_CONTRIBUTIONS_PER_HOUR: NEVER_REACHED,
  LIMIT_LOGIN_FAILURES_PER_ACCOUNT: NEVER_REACHED,
  LIMIT_LOGIN_FAILURES_PER_ADDRESS: NEVER_REACHED,
} as const;

/** The same for the environment of a process. */
export const UNLIMITED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NO_LIMITS).map(([name, most]) => [name, String(most)]),
);
