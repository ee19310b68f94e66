/** Who may ask to be told of stock, and how an address is asked whether it wants to be. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import postgres from 'postgres';
import { createFieldCipher } from '#db/field-cipher.ts';
import { rotateField } from '#db/rotate-fields.ts';
import { users } from '#db/schema/accounts.ts';
import { stockNotices } from '#db/schema/stock-notices.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { StockNoticeId, UserId, VariantId } from '#lib/ids.ts';
import {
  NOTICES_SHOP_URL,
  type Noticing,
  newAddress,
  openNoticing,
  tokenIn,
} from '#test/support/noticing.ts';
import { TEST_FIELD_KEY } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { createProduct } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let noticing: Noticing;
let shop: Noticing['shop'];
beforeAll(async () => {
  noticing = await openNoticing();
  ({ shop } = noticing);
});
afterEach(() => noticing.loops.stop());
afterAll(() => noticing.close());

describe('whoever is signed in', () => {
  test('and has not proven the account’s address is asked first, as anybody is', async () => {
    const product = await noticing.soldOut();
    const { token, userId, email } = await shop.signIn();
    await shop.deps.db
      .update(users)
      .set({ emailVerifiedAt: null })
      .where(eq(users.id, userId as UserId));
    await noticing.ask({ variantId: product.variantId }, token);
    expect(await noticing.rowsOf(product)).toMatchObject([{ status: 'unconfirmed', userId: null }]);
    noticing.work();
    await noticing.settled();
    expect((await noticing.mailsTo(email)).map(({ subject }) => subject)).toEqual([
      'Shall we tell you when it is back?',
    ]);
  });

  test('sees what they wait for, and waits no longer if they say so', async () => {
    const product = await noticing.soldOut();
    const [user] = await noticing.queueOf(product, 1);
    const list = async () =>
      (await shop.call('/api/v1/me/stock-notices', { token: user?.token ?? '' })).body.items;
    const [notice] = await list();
    expect(notice).toMatchObject({
      variantId: product.variantId,
      productId: product.productId,
      status: 'waiting',
    });
    const remove = { method: 'DELETE', token: user?.token ?? '' } as const;
    expect((await shop.call(`/api/v1/me/stock-notices/${notice.id}`, remove)).status).toBe(204);
    expectProblem(await shop.call(`/api/v1/me/stock-notices/${notice.id}`, remove), 'stock_notice_not_found');
    expect(await list()).toEqual([]);
  });

  test('waits for a hundred things at most, also when they ask for all of them at once', async () => {
    const { token, userId } = await shop.signIn();
    const now = new Date();
    const others = await Promise.all(Array.from({ length: 3 }, () => noticing.soldOut()));
    const many = Array.from({ length: 99 }, () => crypto.randomUUID());
    await shop.deps.db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`);
      for (const id of many) {
        await tx.insert(stockNotices).values({
          ...{ id: id as StockNoticeId, variantId: id as VariantId, userId: userId as UserId },
          ...{ status: 'waiting', askedAt: now, waitingSince: now },
        });
      }
    });
    const answers = await Promise.all(
      others.map((other) => noticing.ask({ variantId: other.variantId }, token)),
    );
    const codes = answers.map(({ body }) => body?.code ?? 'done');
    expect(codes.toSorted()).toEqual(['done', 'stock_notices_full', 'stock_notices_full']);
  });
});

describe('an address', () => {
  test('is asked first, told once, and sealed meanwhile', async () => {
    const product = await noticing.soldOut('Mug <script>alert(1)</script> & "Co"');
    const email = newAddress();
    noticing.work();
    expect((await noticing.ask({ variantId: product.variantId, email: email.toUpperCase() })).status).toBe(
      202,
    );
    await noticing.settled();
    const [question] = await noticing.mailsTo(email);
    expect(question?.subject).toBe('Shall we tell you when it is back?');
    expect(await noticing.rowsOf(product)).toMatchObject([{ status: 'unconfirmed' }]);
    await noticing.receive(product, 1);
    const [row] = await shop.deps.db.execute<{ row: string }>(
      sql`select t::text as row from stock_notices t where variant_id = ${product.variantId}`,
    );
    expect(row?.row).not.toContain(email);
    expect(row?.row).not.toContain(Buffer.from(email).toString('hex'));
    const token = tokenIn(question);
    expect(JSON.stringify(question)).toContain(`${NOTICES_SHOP_URL}/confirm-notice#token=${token}`);
    // It has come in meanwhile: there is nothing left to wait for.
    expect((await noticing.confirm(token)).status).toBe(204);
    expectProblem(await noticing.confirm(token), 'link_invalid');
    await noticing.settled();
    const [told, ...rest] = await noticing.mailsTo(email);
    expect([told?.subject, rest.length]).toEqual(['Back in stock: Mug <script>alert(1)</script> & "Co"', 1]);
    const html = JSON.stringify(told);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot;');
  });

  test('that is not confirmed is never told', async () => {
    const product = await noticing.soldOut();
    const email = newAddress();
    noticing.work();
    await noticing.ask({ variantId: product.variantId, email });
    await noticing.settled();
    await noticing.receive(product, 10);
    await noticing.settled();
    expect(await noticing.mailsTo(email)).toHaveLength(1);
    const late = shop.beside({ clock: { now: () => after(new Date(), 2 * DAY_MS) } });
    const path = '/api/v1/stock-notices/confirmation';
    const body = { token: tokenIn((await noticing.mailsTo(email))[0]) };
    expectProblem(await late.call(path, { method: 'POST', body }), 'link_invalid');
  });

  test('is asked once for each thing and five times a day at most, whoever types it in', async () => {
    const email = newAddress();
    const others = await Promise.all(Array.from({ length: 7 }, () => noticing.soldOut()));
    noticing.work();
    for (const { variantId } of [...others, ...others]) {
      expect((await noticing.ask({ variantId, email })).status).toBe(202);
    }
    await Promise.all(others.map(({ variantId }) => noticing.ask({ variantId, email })));
    await noticing.settled();
    expect(await noticing.mailsTo(email)).toHaveLength(5);
  });

  test('is answered the same whether it is known or not', async () => {
    const product = await noticing.soldOut();
    const { email, token } = await shop.signIn();
    await noticing.ask({ variantId: product.variantId }, token);
    const known = newAddress();
    await noticing.ask({ variantId: product.variantId, email: known });
    const answers = await Promise.all(
      [email, known, newAddress()].map((each) => noticing.ask({ variantId: product.variantId, email: each })),
    );
    expect(answers.map(({ status, body }) => [status, body])).toEqual(answers.map(() => [202, null]));
  });

  test('is known again while keys change, and afterwards', async () => {
    const product = await noticing.soldOut();
    const email = newAddress();
    await noticing.ask({ variantId: product.variantId, email });
    const [before] = await noticing.rowsOf(product);
    const fields = createFieldCipher({ current: '17'.repeat(32), previous: TEST_FIELD_KEY });
    const rotated = shop.beside({ fields });
    const askAgain = () =>
      rotated.call('/api/v1/stock-notices', {
        method: 'POST',
        body: { variantId: product.variantId, email },
      });
    await askAgain();
    const sql = postgres(shop.databaseUrl, { max: 1, onnotice: () => {} });
    await rotateField(sql, fields, 'noticeEmail');
    await askAgain();
    const rows = await noticing.rowsOf(product);
    expect(rows.map(({ id }) => id)).toEqual([before?.id as StockNoticeId]);
    expect(rows[0]?.emailIndex).toEqual(new Uint8Array(fields.indexesOf('noticeEmail', email)[0]));
    // As it was, for the tests beside this one.
    const back = createFieldCipher({ current: TEST_FIELD_KEY, previous: '17'.repeat(32) });
    await rotateField(sql, back, 'noticeEmail');
    await sql.end();
  });

  test('is needed of a guest, of what is sold out and there', async () => {
    const product = await noticing.soldOut();
    expectProblem(await noticing.ask({ variantId: product.variantId }), 'invalid_input');
    expectProblem(await noticing.ask({ variantId: product.variantId, email: 'ada' }), 'invalid_input');
    const there = await createProduct(shop);
    expectProblem(
      await noticing.ask({ variantId: there.variantId, email: newAddress() }),
      'variant_in_stock',
    );
    expectProblem(
      await noticing.ask({ variantId: crypto.randomUUID(), email: newAddress() }),
      'variant_not_found',
    );
  });
});
