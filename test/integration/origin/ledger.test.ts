/** The ledger: the database itself refuses what does not come to zero and what would rewrite it. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type SQL, sql } from 'drizzle-orm';
import { sqlState } from '#db/failures.ts';
import { currency, minor } from '#lib/money.ts';
import { recordMovement } from '#origin/ledger/service.ts';
import { moneyOf, orderWith, type TestOrder } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const CHECK_VIOLATION = '23514';
const RESTRICT_VIOLATION = '23001';

let shop: OriginUnderTest;
let order: TestOrder;
beforeAll(async () => {
  shop = await openOrigin();
  order = await orderWith(shop);
});
afterAll(async () => {
  await shop.close();
});

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => sqlState(error),
  );

const insertWith = (entries: readonly (readonly [string, number])[]) =>
  shop.deps.db.transaction(async (tx) => {
    const id = crypto.randomUUID();
    await tx.execute(sql`
      insert into ledger_transactions (id, order_id, kind, source, currency, occurred_at)
      values (${id}, ${order.orderId}, 'refund', ${id}, 'USD', now())`);
    for (const [account, amount] of entries) {
      await tx.execute(sql`
        insert into ledger_entries (transaction_id, account, amount_minor)
        values (${id}, ${account}::ledger_account, ${amount})`);
    }
  });

describe('the database refuses', () => {
  test.each([
    ['no entries', []],
    ['one entry', [['refunds', 100]]],
    [
      'entries that do not come to zero',
      [
        ['refunds', 100],
        ['stripe_balance', -99],
      ],
    ],
  ] as const)('a transaction of %s', async (_what, entries) => {
    expect(await refusalOf(insertWith(entries))).toBe(CHECK_VIOLATION);
    expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  });

  test.each<readonly [string, SQL]>([
    ['change an entry', sql`update ledger_entries set amount_minor = 1`],
    ['take an entry away', sql`delete from ledger_entries`],
    ['change a transaction', sql`update ledger_transactions set source = 'x'`],
    ['take a transaction away', sql`delete from ledger_transactions`],
    ['change a time line', sql`update order_events set actor = 'nobody'`],
    ['take a time line away', sql`delete from order_events`],
  ])('to %s', async (_what, statement) => {
    expect(await refusalOf(shop.deps.db.execute(statement))).toBe(RESTRICT_VIOLATION);
    expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  });
});

test('a movement of the same kind from the same source is booked once, however many tell of it at once', async () => {
  const movement = {
    kind: 'refund',
    orderId: order.orderId,
    source: 're_told_often',
    amount: minor(150),
    currency: currency('USD'),
  } as const;
  const told = await Promise.all(
    Array.from({ length: 5 }, () =>
      shop.deps.db.transaction((tx) => recordMovement(shop.deps, tx, movement)),
    ),
  );
  expect(told.filter(Boolean)).toHaveLength(1);
  expect(await moneyOf(shop, order)).toEqual([2_000, 150, 1_850]);
});
