/** What an audit found: a line for each check, with the offending rows of those that were breached. */

export const INVARIANTS = {
  I1: 'stock adds up',
  I2: 'nothing is sold twice',
  I3: 'money adds up, here and at Stripe',
  I4: 'nothing is lost, nothing happens twice',
  I5: 'every order ends',
  I6: 'privileged acts are on record',
  I7: 'goods go no further than they may',
} as const;

export type Invariant = keyof typeof INVARIANTS;

export interface CheckReport {
  readonly invariant: Invariant;
  /** Stable, for programs: `stock-in-range`. */
  readonly name: string;
  /** What must hold, in words. */
  readonly promise: string;
  /** How many rows were looked at. */
  readonly checked: number;
  readonly breaches: number;
  /** Rows that are half-way where an honest shop may be: they are no breach yet. */
  readonly inFlight: number;
  /** The first offending rows, by column; fewer than {@link breaches} when there are many. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Why the check could not be made; null when it was. */
  readonly leftOut: string | null;
  readonly tookMs: number;
}

export interface AuditReport {
  readonly verdict: 'clean' | 'breached';
  /** The moment that the books are from. */
  readonly at: string;
  readonly tookMs: number;
  readonly checks: readonly CheckReport[];
  /** The names of the checks that were breached. */
  readonly breached: readonly string[];
  readonly inFlight: number;
}

export function toReport(checks: readonly CheckReport[], at: Date, tookMs: number): AuditReport {
  const breached = checks.filter(({ breaches }) => breaches > 0).map(({ name }) => name);
  return {
    verdict: breached.length === 0 ? 'clean' : 'breached',
    at: at.toISOString(),
    tookMs,
    checks,
    breached,
    inFlight: checks.reduce((sum, check) => sum + check.inFlight, 0),
  };
}
