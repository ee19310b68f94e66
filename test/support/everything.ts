/** All that a request could have changed: every table of the shop, and what Stripe holds. For 'nothing changed'. */

import { sql } from 'drizzle-orm';
import type { Ledger } from '#ops/stripe-double/ledger.ts';
import type { OriginUnderTest } from './origin.ts';

/** A refusal is remembered under its key: that is what keys are for. */
const UNCOUNTED = new Set(['idempotency_keys']);

/** A fingerprint a table, and Stripe's books. Two of them are equal when nothing has changed between. */
export async function everything({ deps: { db }, double }: OriginUnderTest) {
  const tables = await db.execute<{ name: string }>(sql`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`);
  const counted = tables.filter(({ name }) => !UNCOUNTED.has(name));
  const rows = await Promise.all(
    counted.map(async ({ name }) => {
      const [row] = await db.execute<{ print: string }>(sql`
        select count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as print
          from ${sql.identifier(name)} t`);
      return [name, row?.print] as const;
    }),
  );
  const [ledger, customers, methods] = await Promise.all([
    double.control<Ledger>('GET', '/ledger'),
    double.stripe.customers.list({ limit: 100 }),
    double.stripe.paymentMethods.list({ limit: 100 }),
  ]);
  return {
    tables: Object.fromEntries(rows),
    stripe: {
      payments: ledger.entries,
      customers: customers.data,
      methods: methods.data,
    },
  };
}
