/** Privileged acts are on record with what they did, in a chain that nobody rewrites unseen. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { appendAudit, byOperator, listAudit, verifyAuditLog } from '#db/audit-log.ts';
import { connect, type Database } from '#db/client.ts';
import { sqlState } from '#db/failures.ts';
import { cancel, orderWith, refund } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartOf, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';
import { copyTestDatabase } from '#test/support/stack.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const RESTRICT_VIOLATION = '23001';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };

let shop: OriginUnderTest;
let admin: Awaited<ReturnType<OriginUnderTest['signIn']>>;
beforeAll(async () => {
  shop = await openOrigin();
  admin = await shop.signIn('admin');
});
afterAll(async () => {
  await shop.close();
});

const actsOn = async (kind: string, id: string) =>
  (await listAudit(shop.deps.db, { object: { kind, id }, limit: 100 })).map(
    ({ action, actorId, changes, traceId }) => ({ action, actorId, changes, traceId }),
  );
const rows = () =>
  verifyAuditLog(shop.deps.db).then((verdict) => (verdict.kind === 'whole' ? verdict.rows : -1));
const key = () => ({ 'idempotency-key': crypto.randomUUID() });

async function sellerOf({ productId }: TestProduct): Promise<string> {
  const [row] = await shop.deps.db.execute<{ id: string }>(
    sql`select seller_id as id from products where id = ${productId}`,
  );
  return row?.id ?? '';
}

describe('on record with who did it, what is otherwise and the trace', () => {
  test('is a product that was made, changed, priced anew and withdrawn', async () => {
    const product = await createProduct(shop, { price: 1_999, stock: 10 });
    const { productId, variantId, sellerToken: token } = product;
    const actorId = await sellerOf(product);
    const path = `/api/v1/products/${productId}`;
    const changed = await shop.call(path, {
      ...{ method: 'PATCH', token, headers: { ...TRACEPARENT, 'if-match': product.etag } },
      body: { name: 'A name that people read', variants: [{ id: variantId, price: 2_099 }] },
    });
    const etag = changed.headers.get('etag') ?? '';
    await shop.call(path, { method: 'DELETE', token, headers: { 'if-match': etag } });
    expect(await actsOn('product', productId)).toMatchObject([
      { action: 'product.withdrawn', actorId, changes: { version: 3 } },
      {
        ...{ action: 'product.changed', actorId, traceId: TRACE },
        changes: {
          ...{ version: 2, fields: ['name', 'variants'] },
          prices: [{ variantId, fromMinor: 1_999, toMinor: 2_099 }],
        },
      },
      {
        action: 'product.created',
        actorId,
        changes: { variants: [{ id: variantId, priceMinor: 1_999, stock: 10 }] },
      },
    ]);
  });

  test('is stock that was adjusted, once however often it is asked for', async () => {
    const product = await createProduct(shop, { stock: 10 });
    const { variantId, sellerToken: token } = product;
    const headers = key();
    const body = { variantId, delta: -2, reason: 'Broken by Mr Smith' };
    const adjust = () => shop.call('/api/v1/inventory/adjustments', { method: 'POST', token, headers, body });
    await Promise.all([adjust(), adjust()]);
    await adjust();
    await shop.call(`/api/v1/inventory/${variantId}`, { method: 'PATCH', token, body: { lowAt: 3 } });
    const actorId = await sellerOf(product);
    expect(await actsOn('variant', variantId)).toMatchObject([
      { action: 'stock.threshold_set', actorId, changes: { lowAt: 3 } },
      { action: 'stock.adjusted', actorId, changes: { movement: 'correction', delta: -2, onHand: 8 } },
    ]);
  });

  test('is a refund, and an order that staff cancelled, paid or not', async () => {
    const [paid, open] = [await orderWith(shop), await orderWith(shop, 'pm_card_authenticationRequired')];
    const given = await refund(shop, paid, admin.token, { body: { amount: 500, reason: 'For Mr Smith' } });
    const refundId = given.body.refunds[0].id;
    const staff = { token: admin.token };
    await cancel(shop, { ...paid, owner: staff });
    await cancel(shop, { ...open, owner: staff });
    const actorId = admin.userId;
    expect(await actsOn('order', paid.orderId)).toMatchObject([
      { action: 'order.cancelled', actorId, changes: { from: 'partially_refunded' } },
      { action: 'refund.requested', actorId, changes: { refundId, amountMinor: 500, currency: 'USD' } },
    ]);
    expect(await actsOn('order', open.orderId)).toMatchObject([
      { action: 'order.cancelled', actorId, changes: { from: 'requires_action' } },
    ]);
  });

  test('is nothing that people wrote', async () => {
    const [told] = await shop.deps.db.execute<{ all: string }>(
      sql`select coalesce(string_agg(a::text, ' '), '') as all from audit_log a`,
    );
    expect(told?.all).toContain('stock.adjusted');
    expect(told?.all).not.toMatch(/Smith|people read|@test\.example|Test Street/);
  });
});

test('what a shopper does with what is theirs is no privilege: nothing is written, and nobody waits', async () => {
  const { variantId } = await createProduct(shop);
  const before = await rows();
  const { token } = await shop.signIn();
  const cart = await cartOf(shop, [{ variantId, quantity: 1 }], token);
  // Somebody holds the log: a checkout that waited for it would never answer.
  await holdingTheLog(async () => {
    const { body } = await checkOut(shop, cart);
    expect(body.status).toBe('paid');
    const cancelled = await cancel(shop, { orderId: body.id, owner: { token } });
    expect(cancelled.body.status).toBe('cancelled');
  });
  expect(await rows()).toBe(before);
});

test('an act that fails leaves no record, and one whose record cannot be written is not done', async () => {
  const product = await createProduct(shop);
  const before = await rows();
  await refund(shop, { orderId: (await orderWith(shop)).orderId }, admin.token, { body: { amount: 99_999 } });
  expect(await rows()).toBe(before + 1); // of the product that the order is of
  await shop.deps.db.execute(sql`alter table audit_log add constraint closed check (false) not valid`);
  const answer = await shop.call(`/api/v1/products/${product.productId}`, {
    ...{ method: 'PATCH', token: product.sellerToken, headers: { 'if-match': product.etag } },
    body: { name: 'Unseen' },
  });
  await shop.deps.db.execute(sql`alter table audit_log drop constraint closed`);
  expect(answer.status).toBe(500);
  expect((await shop.call(`/api/v1/products/${product.productId}`)).body.name).toBe('Test Product');
});

describe('the log', () => {
  const entry = (id: string) =>
    byOperator({ action: 'dead_letter.sent', objectKind: 'dead_letter', objectId: id, changes: {} });
  const append = (db: Database, ...ids: string[]) =>
    db.transaction((tx) => appendAudit(tx, ...ids.map(entry)));

  test('stays one chain without gaps while many write, and some of them give up', async () => {
    const before = await rows();
    const writers = Array.from({ length: 40 }, (_, index) =>
      shop.deps.db
        .transaction(async (tx) => {
          await appendAudit(tx, entry(`one-${index}`), entry(`two-${index}`));
          if (index % 4 === 0) throw new Error('gives up');
        })
        .catch(() => null),
    );
    await Promise.all(writers);
    expect(await rows()).toBe(before + 60);
  });

  test('refuses to be changed, shortened or emptied', async () => {
    await append(shop.deps.db, 'kept');
    for (const statement of [
      sql`update audit_log set action = 'nothing'`,
      sql`update audit_log set action = action where false`,
      sql`delete from audit_log where seq = 1`,
      sql`truncate audit_log`,
    ]) {
      const error = await shop.deps.db.execute(statement).then(
        () => null,
        (caught: unknown) => caught,
      );
      expect(sqlState(error)).toBe(RESTRICT_VIOLATION);
    }
  });

  test('gives a row its place, time and hashes itself, whatever the insert says', async () => {
    await shop.deps.db.execute(sql`
      insert into audit_log (seq, at, actor, action, object_kind, object_id, changes, previous_hash, hash)
      values (7000, '2001-01-01', 'operator', 'forged', 'none', 'none', '{}', 'aa', 'bb')`);
    const verdict = await verifyAuditLog(shop.deps.db);
    expect(verdict.kind).toBe('whole');
    const [last] = await listAudit(shop.deps.db, { limit: 1 });
    expect(last).toMatchObject({ action: 'forged' });
    expect(last?.seq).toBe(verdict.kind === 'whole' ? verdict.rows : 0);
    expect(Date.now() - (last?.at.getTime() ?? 0)).toBeLessThan(TEST_TIMEOUT_MS);
  });

  describe('names the first row that is broken, when somebody with every right', () => {
    const DAMAGED = 2;
    let other: OriginUnderTest;
    let written: string;
    beforeAll(async () => {
      other = await openOrigin();
      await append(other.deps.db, 'a', 'b', 'c', 'd');
      written = other.databaseUrl;
    });
    afterAll(async () => {
      await other.close();
    });
    test.each<[string, (db: postgres.Sql, seq: number) => Promise<unknown>, number, string]>([
      [
        'changes what was done',
        (db, seq) => db`update audit_log set action = 'x' where seq = ${seq}`,
        0,
        'content',
      ],
      [
        'changes who did it',
        (db, seq) => db`update audit_log set actor = 'user', actor_id = gen_random_uuid() where seq = ${seq}`,
        0,
        'content',
      ],
      [
        'changes when',
        (db, seq) => db`update audit_log set at = at - interval '1 day' where seq = ${seq}`,
        0,
        'content',
      ],
      ['takes a row out', (db, seq) => db`delete from audit_log where seq = ${seq}`, 1, 'missing'],
      [
        'changes a row and hashes it anew',
        async (db, seq) => {
          await db`update audit_log set action = 'x' where seq = ${seq}`;
          await db`update audit_log set hash = sha256(convert_to(jsonb_build_array(
            encode(previous_hash, 'hex'), seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            actor, actor_id, action, object_kind, object_id, changes, trace_id)::text, 'UTF8')) where seq = ${seq}`;
        },
        1,
        'follow',
      ],
    ])('%s', async (_what, damage, offset, because) => {
      const copy = await copyTestDatabase(written);
      const connection = connect(copy.url, { applicationName: 'hotshelf-test', maxConnections: 1 });
      try {
        await withEveryRight(copy.url, (db) => damage(db, DAMAGED));
        const verdict = await verifyAuditLog(connection.db);
        const seq = DAMAGED + offset;
        expect(verdict).toEqual({ kind: 'broken', seq, because: expect.stringContaining(because) });
      } finally {
        await connection.close();
        await copy.drop();
      }
    });

    test('cuts off its end, for whom a head is kept elsewhere', async () => {
      await append(shop.deps.db, 'a', 'b');
      const verdict = await verifyAuditLog(shop.deps.db);
      if (verdict.kind === 'broken') throw new Error('the chain is broken');
      const { seq } = verdict.head;
      await withEveryRight(shop.databaseUrl, (db) => db`delete from audit_log where seq = ${seq}`);
      expect((await verifyAuditLog(shop.deps.db)).kind).toBe('whole');
      const cut = await verifyAuditLog(shop.deps.db, verdict.head);
      expect(cut).toEqual({ kind: 'broken', seq, because: expect.stringContaining('cut off') });
      await append(shop.deps.db, 'written in its place');
      const replaced = await verifyAuditLog(shop.deps.db, verdict.head);
      expect(replaced).toEqual({ kind: 'broken', seq, because: expect.stringContaining('not the row') });
    });
  });
});

class Undone extends Error {}

/** As the owner of the server may: triggers do not stand in the way. */
async function withEveryRight(url: string, work: (db: postgres.Sql) => Promise<unknown>): Promise<void> {
  const db = postgres(url, { max: 1, connection: { session_replication_role: 'replica' } });
  try {
    await work(db);
  } finally {
    await db.end();
  }
}

async function holdingTheLog(work: () => Promise<void>): Promise<void> {
  await shop.deps.db
    .transaction(async (tx) => {
      await appendAudit(
        tx,
        byOperator({ action: 'dead_letter.sent', objectKind: 'dead_letter', objectId: 'held', changes: {} }),
      );
      await work();
      throw new Undone();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
}
