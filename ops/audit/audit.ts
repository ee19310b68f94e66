/**
 * The auditor: compares the whole database with itself, with Stripe, with the mail that was caught and with
 * JetStream, and says which of the invariants I1 to I7 are breached, by which rows. It changes nothing.
 *
 * Everything outside is read first and the books afterwards, in one snapshot: whatever is seen outside has its
 * cause in the books by then, and what the books have come to say since is in flight.
 */

import type postgres from 'postgres';
import { openSql } from '#db/client.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { innermost } from '#ops/operator-command.ts';
import { closeBooks, openBooks } from './books.ts';
import { CART_CHECKS } from './cart-checks.ts';
import { type Check, leftOutCheck, type Outside, runCheck } from './check.ts';
import { DOCUMENT_CHECKS } from './document-checks.ts';
import { EDIT_CHECKS } from './edit-checks.ts';
import { EVENT_CHECKS } from './event-checks.ts';
import { GOODS_CHECKS } from './goods-checks.ts';
import { LOCATION_CHECKS } from './location-checks.ts';
import { LOG_CHECKS } from './log-checks.ts';
import { readMail } from './mail-source.ts';
import { MONEY_CHECKS } from './money-checks.ts';
import { PRICE_CHECKS } from './price-checks.ts';
import { RATING_CHECKS } from './rating-checks.ts';
import { type AuditReport, type CheckReport, toReport } from './report.ts';
import { STOCK_CHECKS } from './stock-checks.ts';
import { readStream, writeConsumers } from './stream-source.ts';
import { STRIPE_CHECKS } from './stripe-checks.ts';
import { readStripe, type StripeSource } from './stripe-source.ts';

export type { AuditReport } from './report.ts';

/** Null where there is none: its checks are left out, and the report says so. */
export interface AuditSources {
  readonly databaseUrl: string;
  readonly stripe: StripeSource | null;
  /** The mail catcher's HTTP address. */
  readonly mailUrl: string | null;
  readonly natsUrl: string | null;
}

export interface AuditOptions {
  /** What is younger may be half-way; what is older is a breach. {@link IN_FLIGHT_MS} unless said. */
  readonly inFlightMs?: number;
  /** How long after its deadline an order may wait for the reconciler's turn. */
  readonly reconcilerGraceMs?: number;
  /** How many offending rows of a check are told of by name. */
  readonly maxRows?: number;
  readonly now?: () => Date;
  readonly onProgress?: (what: string) => void;
}

/** Longer than all the tries that a worker gives a message take together. */
export const IN_FLIGHT_MS = 3 * MINUTE_MS;
const RECONCILER_GRACE_MS = MINUTE_MS;
const MAX_ROWS = 20;
const STATEMENT_TIMEOUT_MS = 10 * MINUTE_MS;
const CONNECT_TIMEOUT_SECONDS = 5;
const CLOSE_TIMEOUT_SECONDS = 5;

export const CHECKS: readonly Check[] = [
  ...STOCK_CHECKS,
  ...LOCATION_CHECKS,
  ...MONEY_CHECKS,
  ...PRICE_CHECKS,
  ...STRIPE_CHECKS,
  ...EVENT_CHECKS,
  ...RATING_CHECKS,
  ...LOG_CHECKS,
  ...GOODS_CHECKS,
  ...DOCUMENT_CHECKS,
  ...EDIT_CHECKS,
  ...CART_CHECKS,
];

/** Something that the audit needs cannot be reached; its message is one sentence and names it. */
export class AuditError extends Error {
  override readonly name = 'AuditError';
}

/** @throws {AuditError} when a source that was named does not answer. */
export async function audit(sources: AuditSources, options: AuditOptions = {}): Promise<AuditReport> {
  const startedAt = performance.now();
  const sql = openSession(sources.databaseUrl);
  try {
    const now = options.now?.() ?? new Date();
    const begunAt = new Date();
    await reach('the database', () => openBooks(sql));
    const outside = await readOutside(sql, sources, options);
    const { inFlightMs = IN_FLIGHT_MS, reconcilerGraceMs = RECONCILER_GRACE_MS } = options;
    const { mailsKeptSince } = outside;
    const moment = { now, begunAt, inFlightMs, reconcilerGraceMs, mailsKeptSince };
    await reach('the database', () => closeBooks(sql, moment));
    const checks = await reach('the database', () => runChecks(sql, outside.missing, options));
    return toReport(checks, now, performance.now() - startedAt);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

/** One connection, for temporary tables are its own. */
function openSession(databaseUrl: string): postgres.Sql {
  return openSql(databaseUrl, {
    max: 1,
    max_lifetime: null,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    connection: { application_name: 'hotshelf-audit', statement_timeout: STATEMENT_TIMEOUT_MS },
  });
}

interface OutsideTold {
  /** What could not be looked at, and why. */
  readonly missing: ReadonlyMap<Outside, string>;
  readonly mailsKeptSince: string | null;
}

async function readOutside(
  sql: postgres.Sql,
  { stripe, mailUrl, natsUrl }: AuditSources,
  { onProgress = () => {} }: AuditOptions,
): Promise<OutsideTold> {
  const missing = new Map<Outside, string>();
  if (natsUrl === null) missing.set('stream', 'there is no NATS to ask');
  else await reach('NATS', async () => writeConsumers(sql, await readStream(natsUrl)));
  if (stripe === null) {
    missing.set('stripe', 'there is no Stripe to ask');
    missing.set('disputes', 'there is no Stripe to ask');
  } else {
    const read = (objects: number) => onProgress(`Stripe: ${objects} objects`);
    const { hasDisputes } = await reach('Stripe', () => readStripe(sql, stripe, read));
    if (!hasDisputes) missing.set('disputes', 'this Stripe knows no disputes');
  }
  if (mailUrl === null) {
    missing.set('mail', 'there is no mail catcher to ask');
    return { missing, mailsKeptSince: null };
  }
  const read = (mails: number) => onProgress(`mail: ${mails} messages`);
  const { keptSince } = await reach('the mail catcher', () => readMail(sql, mailUrl, read));
  return { missing, mailsKeptSince: keptSince };
}

/** All of them over one snapshot. */
async function runChecks(
  sql: postgres.Sql,
  missing: ReadonlyMap<Outside, string>,
  { onProgress = () => {}, maxRows = MAX_ROWS }: AuditOptions,
): Promise<CheckReport[]> {
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    const reports: CheckReport[] = [];
    for (const check of CHECKS) {
      const why = check.needs === undefined ? undefined : missing.get(check.needs);
      onProgress(`${check.invariant} ${check.name}`);
      reports.push(why === undefined ? await runCheck(tx, check, maxRows) : leftOutCheck(check, why));
    }
    return reports;
  });
}

async function reach<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AuditError(`${what} cannot be audited: ${innermost(cause)}`, { cause });
  }
}
