/** Wish lists: put aside once, however often; shown by a link while it is good; moved into the cart or not at all. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { costsInCart, openMerchant } from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, changePrice, createProduct, type TestProduct } from '#test/support/shopping.ts';

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

let shop: OriginUnderTest;
let product: TestProduct;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop);
});
afterAll(() => shop.close());

const send = (method: 'POST' | 'PATCH' | 'DELETE', path: string, token: string, body?: object) =>
  shop.call(`/api/v1/wish-lists${path}`, { method, token, ...(body === undefined ? {} : { body }) });
const add = (token: string, variantId = product.variantId) => send('POST', '/items', token, { variantId });
const read = async (token: string, id: string) =>
  (await shop.call(`/api/v1/wish-lists/${id}`, { token })).body;
const listsOf = async (token: string) => (await shop.call('/api/v1/wish-lists', { token })).body.items;
const shared = (token: string) => shop.call(`/api/v1/shared-wish-lists/${token}`);

describe('what is put aside', () => {
  test('is on the default list, which is made once, and on it once', async () => {
    const { token } = await shop.signIn();
    const answers = await Promise.all(Array.from({ length: 8 }, () => add(token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await listsOf(token)).toMatchObject([{ name: 'Wish list', isDefault: true, count: 1 }]);
    expect(answers[0]?.body.items).toMatchObject([
      {
        ...{ variantId: product.variantId, productId: product.productId, available: true, notice: null },
        ...{ price: { amount: 1999 }, priceWhenAdded: { amount: 1999 } },
      },
    ]);
  });

  test('comes off once, and once more is as good', async () => {
    const { token } = await shop.signIn();
    const { body: list } = await add(token);
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await send('DELETE', `/${list.id}/items/${product.variantId}`, token);
      expect([status, body.items]).toEqual([200, []]);
    }
  });

  test('says what has changed since', async () => {
    const own = await createProduct(shop, { stock: 0 });
    const { token } = await shop.signIn();
    const { body: list } = await add(token, own.variantId);
    const now = async () => {
      const [item] = (await read(token, list.id)).items;
      return [item.notice, item.price.amount, item.available];
    };
    expect(await now()).toEqual([null, 1999, false]);
    await changePrice(shop, own, 1500);
    expect(await now()).toEqual(['price_fell', 1500, false]);
    const { headers } = await shop.call(`/api/v1/products/${own.productId}`);
    const etag = headers.get('etag') ?? '';
    await changePrice(shop, { ...own, etag: etag.replace(/"\d+/, '"2') }, 2500);
    expect(await now()).toEqual(['price_rose', 2500, false]);
    const withdrawn = await shop.call(`/api/v1/products/${own.productId}`, {
      ...{ method: 'DELETE', token: own.sellerToken, headers: { 'if-match': '"3"' } },
    });
    expect(withdrawn.status).toBe(204);
    expect(await now()).toEqual(['withdrawn', 2500, false]);
    expectProblem(await add((await shop.signIn()).token, own.variantId), 'variant_unavailable');
  });

  test('costs what it costs in a cart, sales included', async () => {
    const { variantId } = await createProduct(shop);
    const [before, after] = await Promise.all([shop.signIn(), shop.signIn()]);
    const { body: list } = await add(before.token, variantId);
    const merchant = await openMerchant(shop);
    await merchant.make('prices', { variantId, currency: 'USD', kind: 'sale', price: 1_200 });
    const [kept] = (await read(before.token, list.id)).items;
    const [added] = (await add(after.token, variantId)).body.items;
    const was = { amount: 1_999, currency: 'USD' };
    const is = { amount: (await costsInCart(shop, [variantId], 'USD')).get(variantId), currency: 'USD' };
    expect(is.amount).toBe(1_200);
    expect(kept).toMatchObject({ price: is, priceWhenAdded: was, notice: 'price_fell' });
    expect(added).toMatchObject({ price: is, priceWhenAdded: is, notice: null });
  });

  test('is no more than a list holds, also when it all comes at once', async () => {
    const { token } = await shop.signIn();
    const { body: list } = await add(token);
    const others = await Promise.all([1, 2, 3].map(() => createProduct(shop)));
    await shop.deps.db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`);
      await tx.execute(sql`
        insert into wish_list_items (list_id, variant_id, added_at, price_minor, currency)
        select ${list.id}::uuid, gen_random_uuid(), now(), 1, 'USD' from generate_series(1, 198)`);
    });
    const answers = await Promise.all(others.map(({ variantId }) => add(token, variantId)));
    const codes = answers.map(({ body }) => body.code ?? 'done');
    expect(codes.toSorted()).toEqual(['done', 'wish_list_full', 'wish_list_full']);
  });
});

describe('lists', () => {
  test('have names of their own, and are twenty at most', async () => {
    const { token } = await shop.signIn();
    await add(token);
    const make = (name: string) => send('POST', '', token, { name });
    const { body: birthday } = await make('Birthday');
    expectProblem(await make('Birthday'), 'wish_list_name_taken');
    expectProblem(await make(' '), 'invalid_input');
    const [{ id: defaultId }] = await listsOf(token);
    expectProblem(
      await send('PATCH', `/${birthday.id}`, token, { name: 'Wish list' }),
      'wish_list_name_taken',
    );
    expect((await send('PATCH', `/${birthday.id}`, token, { name: 'Wedding' })).body.name).toBe('Wedding');
    expectProblem(await send('DELETE', `/${defaultId}`, token), 'wish_list_is_default');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => make(`List ${at}`)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(18);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectProblem(answer, 'wish_lists_full');
    expect(await listsOf(token)).toHaveLength(20);
    expect((await send('DELETE', `/${birthday.id}`, token)).status).toBe(204);
    expect(await listsOf(token)).toHaveLength(19);
  });

  test('are their owner’s alone', async () => {
    const [owner, stranger] = [await shop.signIn(), await shop.signIn()];
    const { body: list } = await add(owner.token);
    const body = { variantId: product.variantId };
    for (const [method, path, sent] of [
      ['PATCH', `/${list.id}`, { name: 'Mine' }],
      ['DELETE', `/${list.id}`, undefined],
      ['POST', `/${list.id}/items`, body],
      ['DELETE', `/${list.id}/items/${product.variantId}`, undefined],
      ['POST', `/${list.id}/sharing`, undefined],
      ['DELETE', `/${list.id}/sharing`, undefined],
    ] as const) {
      expectProblem(await send(method, path, stranger.token, sent), 'wish_list_not_found');
    }
    expect(await read(owner.token, list.id)).toMatchObject({ name: 'Wish list', count: 1, isShared: false });
  });
});

describe('a link', () => {
  test('shows the list to whoever has it, and nothing of whose it is, until it is revoked', async () => {
    const owner = await shop.signIn();
    const { body: list } = await add(owner.token);
    const share = async () => (await send('POST', `/${list.id}/sharing`, owner.token)).body.token as string;
    const first = await share();
    const { status, body, headers } = await shared(first);
    expect([status, body.name, body.items.length]).toEqual([200, 'Wish list', 1]);
    expect(headers.get('cache-control')).toContain('no-store');
    const told = JSON.stringify(body);
    for (const mark of [owner.userId, owner.email, list.id, first]) expect(told).not.toContain(mark);
    const second = await share();
    expectProblem(await shared(first), 'wish_list_not_found');
    expect((await shared(second)).status).toBe(200);
    expect((await send('DELETE', `/${list.id}/sharing`, owner.token)).status).toBe(204);
    expectProblem(await shared(second), 'wish_list_not_found');
    expectProblem(await shared(`wl_${'x'.repeat(43)}`), 'wish_list_not_found');
    const [row] = await shop.deps.db.execute<{ row: string }>(
      sql`select string_agg(t::text, '') as row from wish_lists t`,
    );
    expect(row?.row).not.toContain(second);
    expect(JSON.stringify(shop.logs)).not.toContain(second);
  });
});

describe('a move into the cart', () => {
  const move = (token: string, listId: string, cartId: string) =>
    send('POST', `/${listId}/items/${product.variantId}/cart`, token, { cartId, quantity: 2 });

  test('is once, by however many requests at once', async () => {
    const { token } = await shop.signIn();
    const { body: list } = await add(token);
    const { cartId } = await cartOf(shop, [], token);
    const answers = await Promise.all([1, 2, 3, 4].map(() => move(token, list.id, cartId)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404]);
    const { body: cart } = await shop.call(`/api/v1/carts/${cartId}`, { token });
    expect(cart.items).toMatchObject([{ variantId: product.variantId, quantity: 2 }]);
    expect((await read(token, list.id)).items).toEqual([]);
  });

  test('that the cart refuses leaves the list as it was', async () => {
    const [owner, other] = [await shop.signIn(), await shop.signIn()];
    const { body: list } = await add(owner.token);
    const { cartId } = await cartOf(shop, [], other.token);
    expectProblem(await move(owner.token, list.id, cartId), 'cart_not_found');
    expectProblem(await move(owner.token, list.id, NOBODYS), 'cart_not_found');
    expect((await read(owner.token, list.id)).items).toHaveLength(1);
  });

  test('from another’s list changes neither', async () => {
    const [owner, thief] = [await shop.signIn(), await shop.signIn()];
    const { body: list } = await add(owner.token);
    const { cartId } = await cartOf(shop, [], thief.token);
    expectProblem(await move(thief.token, list.id, cartId), 'wish_list_not_found');
    const { body: cart } = await shop.call(`/api/v1/carts/${cartId}`, { token: thief.token });
    expect([cart.items, (await read(owner.token, list.id)).items.length]).toEqual([[], 1]);
  });
});
