/** What is promised while one thing is broken: every component, every fault, what a shopper may see. Data, and pure. */

import { SECOND_MS } from '#lib/clock.ts';
import { type BreakerPolicy, type Dependency, halfOpenAfterMs, POLICIES } from '#lib/policies.ts';

export const COMPONENTS = [
  ...(['origin', 'origins', 'workers', 'postgres', 'replica'] as const),
  ...(['redis', 'nats', 'stripe', 'smtp'] as const),
] as const;
export type Component = (typeof COMPONENTS)[number];

/**
 * Killed: ended without a goodbye, and started again. Frozen: stands still with its connections open. Slow: what goes
 * there and back takes 5 s more. Refusing: nobody takes a connection, and those that were there are gone. Flapping:
 * there and not there, in turn, within a second.
 */
export const FAULTS = ['killed', 'frozen', 'slow', 'refusing', 'flapping'] as const;
export type FaultName = (typeof FAULTS)[number];

export const TITLES: Readonly<Record<Component, string>> = {
  origin: 'one origin of two',
  origins: 'both origins',
  workers: 'all workers',
  postgres: 'Postgres, the primary',
  replica: 'Postgres, the replica',
  redis: 'Redis',
  nats: 'NATS',
  stripe: 'Stripe',
  smtp: 'mail server',
};

/** How a kind of request fares: all answered, all but what was in hand, or clearly refused as long as it lasts. */
export type Service = 'goes on' | 'few refused' | 'may be refused';

/** The greatest share that may be refused clearly; what is broken may be none. */
export const REFUSED_AT_MOST: Readonly<Record<Service, number>> = {
  'goes on': 0,
  'few refused': 0.25,
  'may be refused': 1,
};

export interface Design {
  /** Pages that nobody has asked for before; those that somebody has asked for are always answered 200. */
  readonly coldReads: Service;
  /** Carts and what is in them, and orders as their owners read them. */
  readonly carts: Service;
  readonly checkouts: Service;
  readonly emails: 'at once' | 'late';
  /** Whose breaker may still be open once it is repaired. */
  readonly breaker: Dependency | null;
  readonly why: string;
}

const ALL_WELL: Omit<Design, 'why'> = {
  ...{ coldReads: 'goes on', carts: 'goes on', checkouts: 'goes on' },
  ...{ emails: 'at once', breaker: null },
};

const DESIGNS: Readonly<Record<Component, Design>> = {
  origin: {
    ...ALL_WELL,
    ...{ carts: 'few refused', checkouts: 'few refused', breaker: 'origin' },
    why: 'The other origin answers; a write that was in hand and may not be sent twice is refused.',
  },
  origins: {
    ...{ coldReads: 'may be refused', carts: 'may be refused', checkouts: 'may be refused' },
    ...{ emails: 'late', breaker: 'origin' },
    why: 'The edge answers what it has, and says that it is stale; all else is refused.',
  },
  workers: { ...ALL_WELL, emails: 'late', why: 'Events wait in the stream.' },
  postgres: {
    ...{ coldReads: 'goes on', carts: 'may be refused', checkouts: 'may be refused' },
    ...{ emails: 'late', breaker: 'postgres' },
    why: 'Caches and the replica answer reads; nothing can be written.',
  },
  replica: {
    ...ALL_WELL,
    breaker: 'postgres-general',
    why: 'It is ejected, and its reads go to the primary.',
  },
  redis: { ...ALL_WELL, breaker: 'redis', why: 'What it would answer is read elsewhere.' },
  nats: { ...ALL_WELL, emails: 'late', why: 'Events wait in the outbox.' },
  stripe: {
    ...ALL_WELL,
    ...{ checkouts: 'may be refused', breaker: 'stripe' },
    why: 'Nothing can be paid; the reservation is released.',
  },
  smtp: { ...ALL_WELL, emails: 'late', breaker: 'smtp', why: 'Mails are tried again.' },
};

/** Nobody calls workers: they cannot be slow to answer, and have nothing to refuse. */
const SENSELESS: ReadonlySet<string> = new Set(['workers:slow', 'workers:refusing']);

export interface Cell {
  readonly component: Component;
  readonly fault: FaultName;
}

export const nameOf = ({ component, fault }: Cell) => `${component}:${fault}`;

/** Null where the fault makes no sense for the component. */
export function designOf(cell: Cell): Design | null {
  return SENSELESS.has(nameOf(cell)) ? null : DESIGNS[cell.component];
}

/** In the order in which they are played. */
export const CELLS: readonly Cell[] = COMPONENTS.flatMap((component) =>
  FAULTS.map((fault) => ({ component, fault })),
).filter((cell) => designOf(cell) !== null);

/** Back to normal takes at most so long, beside what a breaker still waits for. */
const NORMAL_WITHIN_MS = 5 * SECOND_MS;

export function normalWithinMs({ breaker }: Design, faultMs: number): number {
  const policy: BreakerPolicy | null = breaker === null ? null : POLICIES[breaker].breaker;
  return NORMAL_WITHIN_MS + (policy === null ? 0 : longestWaitMs(policy, faultMs));
}

/** Of a breaker that opened with the fault: the wait that it is in when the fault ends, or the one before its last probe. */
export function longestWaitMs(policy: BreakerPolicy, faultMs: number): number {
  let waitedMs = 0;
  for (let opened = 1; ; opened += 1) {
    const waitMs = halfOpenAfterMs(policy, opened);
    waitedMs += waitMs;
    if (waitedMs >= faultMs || waitMs >= policy.longestHalfOpenAfterMs) return waitMs;
  }
}
