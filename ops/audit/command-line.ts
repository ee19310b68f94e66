/** What `npm run audit` is asked to do, and where the shop is that it is to look at. */

import { parseArgs } from 'node:util';
import { SECOND_MS } from '#lib/clock.ts';
import type { RunningShop } from '#ops/local/running.ts';
import { type AuditSources, IN_FLIGHT_MS } from './audit.ts';

export const HELP = `Checks that the shop's books are right: stock, money, events and orders, in the whole database, at Stripe, in
the mail catcher and in JetStream. Changes nothing.

  npm run audit [-- options]

  --settle SECONDS      waits so long until nothing is under way, then demands that everything is done
  --in-flight SECONDS   what is younger may be half-way; what is older is a breach (${IN_FLIGHT_MS / SECOND_MS}; 0 after --settle)
  --rows N              how many offending rows of a check are shown (20)
  --json                the report as one JSON document
  --help                this text

The shop is the one that 'npm start' runs, unless one of these says otherwise:
  --database-url URL    the database                              (DATABASE_URL)
  --nats-url URL        JetStream; its checks are left out without (NATS_URL)
  --stripe-url URL      where Stripe's API is, for a double of it  (STRIPE_API_URL)
  --mail-url URL        the mail catcher; left out without         (MAIL_CATCHER_URL)
  Stripe's key is read from STRIPE_SECRET_KEY alone; without it and without --stripe-url Stripe is left out. The
  Stripe account must be the shop's own: a payment there that is none of its orders is a breach.

Exit code: 0 clean, 1 breached, 2 when the call is wrong or something cannot be reached.`;

export interface AuditCall {
  readonly settleMs: number | null;
  /** Null: not said. */
  readonly inFlightMs: number | null;
  readonly maxRows: number;
  readonly json: boolean;
  readonly urls: GivenUrls;
}

export interface GivenUrls {
  readonly database: string | undefined;
  readonly nats: string | undefined;
  readonly stripe: string | undefined;
  readonly mail: string | undefined;
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'audit'; readonly call: AuditCall };

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ROWS = 20;
const MAX_ROWS = 10_000;
const MAX_SECONDS = 86_400;
/** The double takes any key that looks like one. */
const DOUBLE_KEY = 'sk_test_hotshelf';

class WrongCall extends Error {}

export function parseCommand(args: readonly string[], environment: Environment): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean', default: false },
        settle: { type: 'string' },
        'in-flight': { type: 'string' },
        rows: { type: 'string', default: String(DEFAULT_ROWS) },
        'database-url': { type: 'string' },
        'nats-url': { type: 'string' },
        'stripe-url': { type: 'string' },
        'mail-url': { type: 'string' },
      },
    });
    if (values.help) return { kind: 'help' };
    const urls = {
      database: toUrl('--database-url', values['database-url'] ?? environment['DATABASE_URL']),
      nats: toUrl('--nats-url', values['nats-url'] ?? environment['NATS_URL']),
      stripe: toUrl('--stripe-url', values['stripe-url'] ?? environment['STRIPE_API_URL']),
      mail: toUrl('--mail-url', values['mail-url'] ?? environment['MAIL_CATCHER_URL']),
    };
    const call = {
      settleMs: toMs('--settle', values.settle),
      inFlightMs: toMs('--in-flight', values['in-flight']),
      maxRows: toWhole('--rows', values.rows, MAX_ROWS),
      json: values.json,
      urls,
    };
    return { kind: 'audit', call };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Node's own sentences go on with advice.
    return { kind: 'wrong', reason: message.split('\n', 1)[0] ?? message };
  }
}

function toWhole(flag: string, text: string, max: number): number {
  if (!/^\d+$/.test(text) || Number(text) > max) {
    throw new WrongCall(`${flag} is a whole number, at most ${max}.`);
  }
  return Number(text);
}

function toMs(flag: string, text: string | undefined): number | null {
  return text === undefined ? null : toWhole(flag, text, MAX_SECONDS) * SECOND_MS;
}

function toUrl(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!URL.canParse(text)) throw new WrongCall(`${flag} is not a URL.`);
  return text;
}

/** Null when neither the call nor a running shop says where the database is. */
export function placesOf(
  { database, nats, stripe, mail }: GivenUrls,
  environment: Environment,
  running: RunningShop | null,
): AuditSources | null {
  // Somebody else's database has nothing to do with the shop that happens to run here.
  const shop = database === undefined ? running : null;
  const databaseUrl = database ?? shop?.databaseUrl;
  if (databaseUrl === undefined) return null;
  const apiUrl = stripe ?? shop?.stripeDoubleUrl ?? undefined;
  const secretKey = environment['STRIPE_SECRET_KEY'] || (apiUrl === undefined ? undefined : DOUBLE_KEY);
  return {
    databaseUrl,
    natsUrl: nats ?? shop?.natsUrl ?? null,
    mailUrl: mail ?? shop?.mailUrl ?? null,
    stripe: secretKey === undefined ? null : { secretKey, ...(apiUrl === undefined ? {} : { apiUrl }) },
  };
}
