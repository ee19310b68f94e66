/** One check of the audit as data: which rows are looked at, and which of them offend. */

import type postgres from 'postgres';
import type { CheckReport, Invariant } from './report.ts';

/** What outside the database a check looks at. */
export type Outside = 'stripe' | 'disputes' | 'mail' | 'stream';

export interface Check {
  readonly invariant: Invariant;
  readonly name: string;
  readonly promise: string;
  readonly needs?: Outside;
  /** After `select count(*) from`. */
  readonly population: string;
  /**
   * A query for the rows that offend, each with `in_flight`: true where an honest shop may be so for a moment.
   * It may use what `books.ts` makes.
   */
  readonly offenders: string;
}

interface Outcome {
  readonly checked: number;
  readonly breaches: number;
  readonly in_flight: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** @param maxRows how many offending rows are told of by name */
export async function runCheck(
  sql: postgres.TransactionSql,
  { invariant, name, promise, population, offenders }: Check,
  maxRows: number,
): Promise<CheckReport> {
  const startedAt = performance.now();
  const [outcome] = await sql.unsafe<Outcome[]>(`
    with offender as materialized (${offenders})
    select (select count(*) from ${population})::float8 as checked,
           count(*) filter (where in_flight is not true)::float8 as breaches,
           count(*) filter (where in_flight)::float8 as in_flight,
           (select coalesce(jsonb_agg(shown), '[]')
              from (select to_jsonb(o) - 'in_flight' as shown
                      from offender o where in_flight is not true limit ${maxRows}) first_rows) as rows
      from offender`);
  if (outcome === undefined) throw new Error(`the check ${name} gave no answer`);
  const { checked, breaches, in_flight: inFlight, rows } = outcome;
  const tookMs = performance.now() - startedAt;
  return { invariant, name, promise, checked, breaches, inFlight, rows, leftOut: null, tookMs };
}

export function leftOutCheck({ invariant, name, promise }: Check, why: string): CheckReport {
  const nothing = { checked: 0, breaches: 0, inFlight: 0, rows: [], tookMs: 0 };
  return { invariant, name, promise, ...nothing, leftOut: why };
}
