/** Each invariant is broken on purpose, in every way that the auditor checks, and exactly that is caught. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { AckPolicy, connect } from 'nats';
import { EVENT_KEPT_MS } from '#db/outbox.ts';
import { DAY_MS } from '#lib/clock.ts';
import { EVENT_STREAM } from '#lib/events.ts';
import { CHECKS } from '#ops/audit/audit.ts';
import { wrongIn } from '#test/support/audited.ts';
import { type Breach, MONEY_BREACHES, STOCK_BREACHES } from './breaches-of-books.ts';
import { CART_BREACHES } from './breaches-of-carts.ts';
import { DOCUMENT_BREACHES } from './breaches-of-documents.ts';
import { EDIT_BREACHES } from './breaches-of-edits.ts';
import { EVENT_BREACHES } from './breaches-of-events.ts';
import { GOODS_BREACHES } from './breaches-of-goods.ts';
import { LOCATION_BREACHES } from './breaches-of-locations.ts';
import { PRICE_BREACHES } from './breaches-of-prices.ts';
import { LOG_BREACHES } from './breaches-of-the-log.ts';
import { MAIL_BREACHES, STRIPE_BREACHES } from './breaches-outside.ts';
import { type BrokenShop, type Damage, openBrokenShop } from './broken-shop.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let broken: BrokenShop;
beforeAll(async () => {
  broken = await openBrokenShop();
});
afterAll(async () => {
  await broken.close();
});

const ALL = [
  ...[...STOCK_BREACHES, ...MONEY_BREACHES, ...STRIPE_BREACHES, ...EVENT_BREACHES],
  ...LOCATION_BREACHES,
  ...[...MAIL_BREACHES, ...LOG_BREACHES, ...GOODS_BREACHES, ...PRICE_BREACHES],
  ...[...DOCUMENT_BREACHES, ...EDIT_BREACHES, ...CART_BREACHES],
];
/** Broken at NATS itself, below. */
const IN_THE_STREAM = 'consumers-keep-up';

test('the shop that is broken is whole before', async () => {
  const report = await broken.auditAfter({});
  expect(wrongIn(report)).toEqual({});
  expect(report.checks.filter(({ leftOut }) => leftOut !== null)).toEqual([]);
});

test('every check is broken by some test', () => {
  const broke = new Set([...ALL.flatMap(({ seenBy }) => seenBy), IN_THE_STREAM]);
  expect(CHECKS.map(({ name }) => name).filter((name) => !broke.has(name))).toEqual([]);
});

/** Before the others, which take a while: what waits is in flight only as long as it is young. */
test('a consumer that leaves events unacknowledged', async () => {
  const { username, password, host } = new URL(broken.audited.sources.natsUrl ?? '');
  const login = username === '' ? {} : { user: username, pass: password };
  const nats = await connect({ servers: host, ...login });
  const manager = await nats.jetstreamManager();
  const durable = { durable_name: 'late', filter_subject: 'shop.order.paid' };
  await manager.consumers.add(EVENT_STREAM, { ...durable, ack_policy: AckPolicy.Explicit });
  const report = await broken.auditAfter({});
  const inFlight = await broken.auditAfter({}, {});
  await manager.consumers.delete(EVENT_STREAM, 'late');
  await nats.close();
  expect(report.breached).toEqual([IN_THE_STREAM]);
  expect(report.checks.find(({ name }) => name === IN_THE_STREAM)?.rows).toMatchObject([
    { consumer: 'late', waiting: 8 },
  ]);
  expect(inFlight.breached).toEqual([]);
});

describe.each([
  ['stock', STOCK_BREACHES],
  ['money', MONEY_BREACHES],
  ['Stripe', STRIPE_BREACHES],
  ['events', EVENT_BREACHES],
  ['mail', MAIL_BREACHES],
  ['the log', LOG_BREACHES],
  ['goods', GOODS_BREACHES],
  ['locations', LOCATION_BREACHES],
  ['prices', PRICE_BREACHES],
  ['documents', DOCUMENT_BREACHES],
  ['edits', EDIT_BREACHES],
  ['carts', CART_BREACHES],
] as const)('%s', (_area, breaches) => {
  test.each(breaches.map((breach) => [breach.what, breach] as const))('%s', async (_what, breach: Breach) => {
    const report = await broken.auditAfter(breach);
    expect({ breached: report.breached.toSorted(), rows: wrongIn(report) }).toEqual({
      breached: [...breach.seenBy],
      rows: expect.anything(),
    });
    expect(report.verdict).toBe('breached');
  });
});

describe('what is explained or may yet come is no breach', () => {
  test('a dead letter that was dropped for a reason, and what its consumer did not do', async () => {
    const report = await broken.auditAfter({
      rows: async (sql, { paid }) => {
        const [event] = await sql`delete from inbox where consumer = 'email' and event_id = (
          select id from outbox where name = 'order.paid' and data ->> 'orderId' = ${paid}) returning event_id`;
        await sql`insert into dead_letters (consumer, message, reason, dropped_at, dropped_reason)
                  values ('email', ${Buffer.from(`{"id":"${event?.['event_id']}"}`)}, 'Error: refused', now(), 'a test')`;
      },
      outside:
        ({ paid }) =>
        (kind, items) =>
          kind === 'mails'
            ? items.filter(({ messageId }) => messageId !== `<order-${paid}@hotshelf>`)
            : items,
    });
    expect(wrongIn(report)).toEqual({});
  });

  test('an order that is overdue for less than the reconciler’s turn', async () => {
    const report = await broken.auditAfter({
      rows: (sql, { open }) =>
        sql`update orders set payment_deadline = now() - interval '5 seconds' where id = ${open}`,
    });
    expect(wrongIn(report)).toEqual({});
    expect(report.inFlight).toBe(1);
  });

  test('money that has come in for an order that waits for the news of it', async () => {
    const report = await broken.auditAfter({
      outside:
        ({ open }) =>
        (kind, items) =>
          kind === 'payment_intents'
            ? items.map((item) =>
                item['metadata'].order_id === open
                  ? { ...item, status: 'succeeded', amount_received: item['amount'] }
                  : item,
              )
            : items,
    });
    expect(wrongIn(report)).toEqual({});
    expect(report.inFlight).toBe(1);
  });
});

/** Time alone ends what is left open; nothing else may have changed. */
test('events that were forgotten, once they are so old, and no sooner', async () => {
  const forgotten: Damage = {
    rows: async (sql) => {
      await sql`delete from outbox`;
      await sql`delete from inbox`;
    },
  };
  const after = (ms: number) => ({ inFlightMs: 0, now: () => new Date(Date.now() + ms) });
  const late = await broken.auditAfter(forgotten, after(EVENT_KEPT_MS + DAY_MS));
  expect(late.breached).toEqual(['open-past-deadline']);
  const soon = await broken.auditAfter(forgotten, after(EVENT_KEPT_MS - 2 * DAY_MS));
  expect(soon.breached).toEqual(
    expect.arrayContaining(['told-once', 'parcels-told-once', 'reminders-told-once']),
  );
});

test('of many offending rows the first are shown and all are counted', async () => {
  const report = await broken.auditAfter({
    rows: (sql) =>
      sql`insert into dead_letters (consumer, message, reason)
          select 'email', 'x', 'Error: broken' from generate_series(1, 50)`,
  });
  const check = report.checks.find(({ name }) => name === 'no-dead-letters');
  expect(check?.breaches).toBe(50);
  expect(check?.rows).toHaveLength(20);
});
