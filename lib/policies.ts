/**
 * How every dependency is called: for how long, how often again, when no more, and how many at once. The one place
 * for these figures; `npm run policies` prints them. Two rules hold for all. What is repeated is a read, or carries a
 * key that makes it safe; and repetitions come out of a budget, so that an outage is never made worse by much.
 */

import { DAY_MS, MINUTE_MS, SECOND_MS } from './clock.ts';

export interface RetryPolicy {
  /** How often a failed attempt is repeated; 0 where that is not safe, or where somebody else does it. */
  readonly most: number;
  /** Exponential from the first to the longest, with jitter. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly budget: RetryBudgetPolicy;
}

/** Calls earn retries: `share` of one each, `reserve` at most. */
export interface RetryBudgetPolicy {
  readonly share: number;
  readonly reserve: number;
}

export interface BreakerPolicy {
  /** Opens after so many failures in a row... */
  readonly failures: number;
  /** ...or when more than this share of the calls of ten seconds failed, where there were {@link RATE_MIN_CALLS}. */
  readonly failureRate: number;
  /** One call at a time is let through after so long... */
  readonly halfOpenAfterMs: number;
  /** ...and, as one after the other fails, more and more seldom ({@link halfOpenAfterMs}), down to this. */
  readonly longestHalfOpenAfterMs: number;
}

export interface BulkheadPolicy {
  readonly maxRunning: number;
  readonly maxWaiting: number;
}

export interface Policy {
  /** One attempt, from asking to the answer. */
  readonly timeoutMs: number;
  /** For a connection, where it has a limit of its own: to be made, or to be got from the pool. */
  readonly connectMs: number | null;
  readonly retry: RetryPolicy;
  /** Null where there is nothing to be opened, for the reason that {@link why} gives. */
  readonly breaker: BreakerPolicy | null;
  readonly bulkhead: BulkheadPolicy | null;
  readonly why: string;
}

/** Over which the failure rate is taken. */
export const RATE_WINDOW_MS = 10 * SECOND_MS;
export const RATE_MIN_CALLS = 20;

/** The first two waits are the shortest; from then on each is twice the one before. `opened`: how often in a row. */
export function halfOpenAfterMs(policy: BreakerPolicy, opened: number): number {
  return Math.min(policy.halfOpenAfterMs * 2 ** Math.max(0, opened - 2), policy.longestHalfOpenAfterMs);
}

/** One call in ten may be a repetition; after a quiet time, ten in a row. */
const TENTH: RetryBudgetPolicy = { share: 0.1, reserve: 10 };
const NEVER: RetryPolicy = { most: 0, firstWaitMs: 0, longestWaitMs: 0, budget: TENTH };
/** A killed connection takes all its reads with it: each is made again, elsewhere or on another one. */
const READS: RetryPolicy = {
  ...{ most: 4, firstWaitMs: 20, longestWaitMs: 120 },
  budget: { share: 0.1, reserve: 500 },
};

/** Ours, on the next machine: asked again soon, for the shop is to be itself within seconds. */
function own(halfOpenAfterMs: number, failures = 5): BreakerPolicy {
  return { failures, failureRate: 0.5, halfOpenAfterMs, longestHalfOpenAfterMs: halfOpenAfterMs };
}

/** Somebody else's: a hiccup costs seconds, but who is down for long is spared, and asked once a minute. */
const EXTERNAL: BreakerPolicy = {
  ...{ failures: 5, failureRate: 0.5 },
  ...{ halfOpenAfterMs: 2 * SECOND_MS, longestHalfOpenAfterMs: MINUTE_MS },
};

const READ_CALL = {
  ...{ connectMs: SECOND_MS, retry: READS, breaker: own(500) },
  bulkhead: { maxRunning: 500, maxWaiting: 0 },
} as const;

export const POLICIES = {
  postgres: {
    ...{ timeoutMs: 5 * SECOND_MS, connectMs: 5 * SECOND_MS, retry: NEVER, breaker: own(500) },
    bulkhead: { maxRunning: 2_000, maxWaiting: 0 },
    why: 'The primary. A write may have arrived: nobody but its Idempotency-Key repeats it. Running counts what waits for a connection, too.',
  },
  'postgres-general': {
    ...READ_CALL,
    timeoutMs: 2 * SECOND_MS,
    why: 'Two replicas are tried, then the primary, where a lost connection is tried again.',
  },
  'postgres-search': {
    ...READ_CALL,
    timeoutMs: SECOND_MS,
    bulkhead: { maxRunning: 400, maxWaiting: 0 },
    why: 'A search that takes longer is not worth what it takes from others.',
  },
  'postgres-analytics': {
    ...READ_CALL,
    timeoutMs: MINUTE_MS,
    bulkhead: { maxRunning: 100, maxWaiting: 0 },
    why: 'Long, and few: it has connections of its own.',
  },
  'postgres-reporting': {
    ...READ_CALL,
    timeoutMs: 30 * SECOND_MS,
    bulkhead: { maxRunning: 100, maxWaiting: 0 },
    why: 'Long, and few: it has connections of its own.',
  },
  'postgres-watch': {
    ...{ timeoutMs: SECOND_MS, connectMs: 5 * SECOND_MS, retry: NEVER, breaker: null },
    bulkhead: { maxRunning: 1, maxWaiting: 0 },
    why: 'Looks at a server four times a second: it is what ejects a replica.',
  },
  'postgres-position': {
    ...{ timeoutMs: SECOND_MS, connectMs: null, retry: NEVER, bulkhead: null },
    breaker: own(3 * SECOND_MS, 1),
    why: 'How far the primary is. While it does not say, any replica will do. One silence opens it for as long as a read may take: that asks several times, and is to wait once.',
  },
  redis: {
    ...{ timeoutMs: 250, connectMs: 2 * SECOND_MS, retry: NEVER, breaker: own(SECOND_MS, 1), bulkhead: null },
    why: 'A cache: what it does not answer is read elsewhere at once. One silence opens it, for a request asks several times, and is to wait once.',
  },
  nats: {
    ...{ timeoutMs: 2 * SECOND_MS, connectMs: 2 * SECOND_MS, retry: NEVER, breaker: null, bulkhead: null },
    why: 'No request waits for it: the outbox keeps events, and the relay publishes them again.',
  },
  stripe: {
    ...{ timeoutMs: 8 * SECOND_MS, connectMs: null, breaker: EXTERNAL },
    retry: { most: 2, firstWaitMs: 50, longestWaitMs: 2 * SECOND_MS, budget: TENTH },
    bulkhead: { maxRunning: 100, maxWaiting: 1_000 },
    why: 'Every write carries an idempotency key, or is as good when it is made twice. All attempts together end before the edge gives up a checkout.',
  },
  smtp: {
    ...{ timeoutMs: MINUTE_MS, connectMs: 10 * SECOND_MS, retry: NEVER, breaker: EXTERNAL },
    bulkhead: { maxRunning: 4, maxWaiting: 200 },
    why: 'JetStream delivers the message again. A server that is slow to take a mail has taken it: it is not cut short, but may be silent for as long as is left once it has been connected to and has greeted.',
  },
  search: {
    ...{ timeoutMs: 1_500, connectMs: null, retry: NEVER, breaker: own(5 * SECOND_MS), bulkhead: null },
    why: 'The engine, whatever it is: the last good answer or the category serves meanwhile.',
  },
  recommendations: {
    ...{ timeoutMs: 300, connectMs: null, retry: NEVER, breaker: own(5 * SECOND_MS) },
    bulkhead: { maxRunning: 16, maxWaiting: 0 },
    why: 'Trending products are as good for a moment: nobody waits.',
  },
  trending: {
    ...{ timeoutMs: 500, connectMs: null, retry: NEVER, breaker: null, bulkhead: null },
    why: 'Stands in for recommendations: in this time, or as it was last.',
  },
  collector: {
    ...{ timeoutMs: 5 * SECOND_MS, connectMs: null, retry: NEVER, breaker: null, bulkhead: null },
    why: 'Takes spans, one batch at a time. What does not fit into the queue meanwhile is dropped, and counted.',
  },
  origin: {
    ...{ timeoutMs: 10 * SECOND_MS, connectMs: null, breaker: own(SECOND_MS, 3), bulkhead: null },
    retry: { most: 2, firstWaitMs: 40, longestWaitMs: 80, budget: TENTH },
    why: 'Each, as the edge sees it. What a killed origin had in hand goes to another that is well, past the budget: reads, and writes that may be carried out twice. An isolate sees few calls, so three in a row tell.',
  },
  'edge-purge': {
    ...{ timeoutMs: 5 * SECOND_MS, connectMs: null, retry: NEVER, breaker: own(SECOND_MS), bulkhead: null },
    why: 'As the workers see the edge. JetStream delivers the message again; what is stored ends by its own age.',
  },
  cloudflare: {
    ...{ timeoutMs: 10 * SECOND_MS, connectMs: null, breaker: null, bulkhead: null },
    retry: { most: 3, firstWaitMs: SECOND_MS, longestWaitMs: MINUTE_MS, budget: TENTH },
    why: 'Purges everywhere, one call at a time and within the rate of the account; what comes meanwhile goes with the next. It says itself when to come back.',
  },
  webhooks: {
    ...{ timeoutMs: 10 * SECOND_MS, connectMs: null, retry: NEVER, breaker: null },
    bulkhead: { maxRunning: 256, maxWaiting: 0 },
    why: 'Each endpoint of an integrator, from the look-up of its name to the answer. A delivery is a row, tried again as WEBHOOK_RETRIES says; what is due beyond the bulkhead waits in its row.',
  },
} as const satisfies Record<string, Policy>;

/** When an integrator's endpoint is tried again: exponential, about a day in all. */
export const WEBHOOK_RETRIES = {
  attempts: 10,
  firstWaitMs: 5 * SECOND_MS,
  factor: 4,
  longestWaitMs: 8 * 60 * MINUTE_MS,
  /** Of each wait, more or less at random: what failed together does not return together. */
  jitter: 0.2,
} as const;

/** How many attempts one endpoint has under way at once, over all processes; while it fails, one. */
export const WEBHOOK_AT_ONCE = { well: 8, failing: 1 } as const;

/** An endpoint that has failed every attempt for so long, and so often, is disabled. */
export const WEBHOOK_ENDURANCE = { forMs: 3 * DAY_MS, failures: 20 } as const;

export type Dependency = keyof typeof POLICIES;

/** For how long the edge waits for the origin's answer, and so for how long a request may be at work. */
export const REQUEST_LIMITS = {
  /** A shopper waits no longer for a page of the catalogue when a stale one is at hand. */
  catalogMs: 3 * SECOND_MS,
  readMs: POLICIES.origin.timeoutMs,
  /** A checkout waits for the payment provider, retries included. */
  writeMs: 30 * SECOND_MS,
  /** For what is in flight when an origin that ends takes no more: the last write, and a little for closing. */
  drainMs: 35 * SECOND_MS,
  /** For the origin to say that it was too late, rather than for the edge to find out. */
  marginMs: 200,
} as const;

/** Probes of what is lost: a shopper may be waiting who was promised an answer within a second. */
export const PROBE_TIMEOUT_MS = 500;
