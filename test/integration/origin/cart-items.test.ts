/** What is put into carts, many at once or at the same time, put aside, and told of: no line is ever lost. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { MINUTE_MS } from '#lib/clock.ts';
import { addTo, createOptions, onCart, quantitiesIn } from '#test/support/carting.ts';
import { everything } from '#test/support/everything.ts';
import { cancel } from '#test/support/orders.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, changePrice, checkOut, createProduct, type TestCart } from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
/** One more than a cart holds. */
let beads: readonly string[];
beforeAll(async () => {
  shop = await openOrigin();
  beads = [
    ...(await createOptions(shop, Array<number>(100).fill(100))),
    ...(await createOptions(shop, [100])),
  ];
});
afterAll(async () => {
  await shop.close();
});

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';
const bead = (index: number) => beads[index] ?? '';
const lines = (...quantities: readonly number[]) =>
  quantities.map((quantity, index) => ({ variantId: bead(index), quantity }));
const bulk = (cart: TestCart, items: readonly object[]) =>
  onCart(shop, cart, { path: '/items/bulk', method: 'POST', body: { items } });
const post = (cart: TestCart, path: string) => onCart(shop, cart, { path, method: 'POST' });
const read = async (cart: TestCart) => (await onCart(shop, cart)).body;

type Edit =
  | { readonly kind: 'add'; readonly variant: number; readonly quantity: number }
  | { readonly kind: 'set'; readonly variant: number; readonly quantity: number }
  | { readonly kind: 'remove'; readonly variant: number }
  | { readonly kind: 'save'; readonly variant: number }
  | { readonly kind: 'restore'; readonly variant: number };

const VARIANTS = 4;
const QUANTITY = fc.integer({ min: 1, max: 20 });
const EDIT: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add', 'set'), variant: fc.nat(VARIANTS - 1), quantity: QUANTITY }),
  fc.record({ kind: fc.constantFrom('remove', 'save', 'restore'), variant: fc.nat(VARIANTS - 1) }),
) as fc.Arbitrary<Edit>;

interface Model {
  readonly items: Map<string, number>;
  readonly saved: Map<string, number>;
}

function apply({ items, saved }: Model, edit: Edit): void {
  const id = bead(edit.variant);
  const move = (from: Map<string, number>, to: Map<string, number>) => {
    to.set(id, (to.get(id) ?? 0) + (from.get(id) ?? 0));
    from.delete(id);
  };
  if (edit.kind === 'add') items.set(id, (items.get(id) ?? 0) + edit.quantity);
  if (edit.kind === 'set') items.set(id, edit.quantity);
  if (edit.kind === 'remove') items.delete(id);
  if (edit.kind === 'save') move(items, saved);
  if (edit.kind === 'restore') move(saved, items);
}

describe('changes of one cart at the same time', () => {
  type Line = { readonly variantId: string; readonly id: string };
  interface Shown {
    readonly version: number;
    readonly items: readonly Line[];
    readonly saved: readonly Line[];
  }

  /** By the ids of the lines as they were shown: of one that has been replaced meanwhile none is found. */
  const ask = (cart: TestCart, shown: Shown, edit: Edit): Promise<Answer> => {
    const idIn = (lines: readonly Line[]) =>
      lines.find(({ variantId }) => variantId === bead(edit.variant))?.id ?? UNKNOWN;
    if (edit.kind === 'add') return addTo(shop, cart, bead(edit.variant), edit.quantity);
    if (edit.kind === 'restore') return post(cart, `/saved/${idIn(shown.saved)}/cart`);
    const path = `/items/${idIn(shown.items)}`;
    if (edit.kind === 'save') return post(cart, `${path}/save`);
    if (edit.kind === 'remove') return onCart(shop, cart, { path, method: 'DELETE' });
    return onCart(shop, cart, { path, method: 'PATCH', body: { quantity: edit.quantity } });
  };

  const expectAsIn = (model: Model, { items, saved }: Answer['body']) => {
    expect(quantitiesIn(items)).toEqual(Object.fromEntries(model.items));
    expect(quantitiesIn(saved)).toEqual(Object.fromEntries(model.saved));
  };

  /** All of them at once; then the model does them in the order that the versions of the answers tell. */
  const runAtOnce = async (cart: TestCart, model: Model, edits: readonly Edit[]) => {
    const shown: Shown = await read(cart);
    const answers = await Promise.all(
      edits.map(async (edit) => ({ edit, ...(await ask(cart, shown, edit)) })),
    );
    for (const { status, body } of answers) if (status !== 200) expect(body.code).toBe('cart_item_not_found');
    const done = answers
      .filter(({ status }) => status === 200)
      .toSorted((one, other) => one.body.version - other.body.version);
    expect(done.map(({ body }) => body.version)).toEqual(done.map((_, at) => shown.version + 1 + at));
    for (const { edit, body } of done) {
      apply(model, edit);
      expectAsIn(model, body);
    }
    expectAsIn(model, await read(cart));
  };

  test('are as if they had come one by one: each answer is what the model says of its version', async () => {
    const rounds = fc.array(fc.array(EDIT, { minLength: 4, maxLength: 12 }), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const start = lines(...Array<number>(VARIANTS).fill(2));
        const cart = await cartOf(shop, start);
        const model: Model = { items: new Map(Object.entries(quantitiesIn(start))), saved: new Map() };
        for (const edits of all) await runAtOnce(cart, model, edits);
      }),
      { numRuns: 8 },
    );
  });
});

test('a cart that is being paid for takes no other lines: they would be in no order', async () => {
  const cart = await cartOf(shop, lines(1, 1));
  const [{ id }] = (await read(cart)).items;
  const { body: order } = await checkOut(shop, cart, { card: 'pm_card_authenticationRequired' });
  const changes = () => [
    addTo(shop, cart, bead(2), 1),
    bulk(cart, lines(1)),
    post(cart, `/items/${id}/save`),
    onCart(shop, cart, { path: `/items/${id}`, method: 'PATCH', body: { quantity: 2 } }),
    onCart(shop, cart, { path: `/items/${id}`, method: 'DELETE' }),
  ];
  for (const answer of await Promise.all(changes())) expectProblem(answer, 'checkout_in_progress');
  expect((await cancel(shop, { orderId: order.id, owner: cart.owner })).status).toBe(200);
  expect((await addTo(shop, cart, bead(2), 1)).body.items).toHaveLength(3);
});

describe('several variants at once', () => {
  test('go into the cart, a hundred of them, and add up where one is named twice', async () => {
    const cart = await cartOf(shop, lines(1));
    const all = lines(...Array<number>(99).fill(1));
    const { status, body } = await bulk(cart, [...all, { variantId: bead(0), quantity: 5 }]);
    expect(status).toBe(200);
    expect(quantitiesIn(body.items)).toEqual({ ...quantitiesIn(all), [bead(0)]: 7 });
    expect(body.version).toBe(3);
  });

  test('do not, where one cannot; and each that cannot is named with why', async () => {
    const gone = await createProduct(shop);
    await shop.deps.db.execute(sql`update variants set withdrawn_at = now() where id = ${gone.variantId}`);
    const cart = await cartOf(shop, lines(990));
    const before = await everything(shop);
    const refused = await bulk(cart, [
      { variantId: bead(1), quantity: 1 },
      { variantId: UNKNOWN, quantity: 1 },
      { variantId: bead(0), quantity: 10 },
      { variantId: gone.variantId, quantity: 1 },
    ]);
    expectProblem(refused, 'cart_items_refused');
    expect(
      refused.body.items.map(({ index, code }: { index: number; code: string }) => [index, code]),
    ).toEqual([
      [1, 'variant_unavailable'],
      [2, 'invalid_input'],
      [3, 'variant_unavailable'],
    ]);
    expect(await everything(shop)).toEqual(before);
  });

  test('are no more than a cart holds', async () => {
    const cart = await cartOf(shop, []);
    expect((await bulk(cart, lines(...Array<number>(100).fill(1)))).status).toBe(200);
    const refused = await bulk(cart, [{ variantId: bead(100), quantity: 1 }]);
    expectProblem(refused, 'cart_items_refused');
    expect(refused.body.items).toMatchObject([{ index: 0, code: 'cart_full' }]);
    expectProblem(await bulk(cart, lines(...Array<number>(101).fill(1))), 'invalid_input');
    expectProblem(await bulk(cart, []), 'invalid_input');
  });
});

describe('what is put aside', () => {
  test('is shown, neither priced nor quoted nor bought, and comes back as the line that it was', async () => {
    const cart = await cartOf(shop, lines(2, 3));
    const [one] = (await read(cart)).items;
    const saved = await post(cart, `/items/${one.id}/save`);
    expect(saved.body.items).toHaveLength(1);
    expect(saved.body.saved).toMatchObject([
      { id: one.id, variantId: bead(0), quantity: 2, name: 'Beads', options: ['No. 0'], available: true },
    ]);
    expect(saved.body.subtotal.amount).toBe(300);
    expect(saved.body.quote.lines).toHaveLength(1);
    const back = await post(cart, `/saved/${one.id}/cart`);
    expect(back.body.saved).toEqual([]);
    expect(back.body.items.map(({ id }: { id: string }) => id)).toContain(one.id);
    await post(cart, `/items/${one.id}/save`);
    const { status, body } = await checkOut(shop, cart);
    expect([status, body.items.length, body.total.amount]).toEqual([201, 1, 300]);
    const [reserved] = await shop.deps.db.execute<{ count: number }>(sql`
      select count(*)::int as count from stock_ledger where variant_id = ${bead(0)} and order_id = ${body.id}`);
    expect(reserved?.count).toBe(0);
    expect((await read(cart)).saved).toHaveLength(1);
    expectProblem(await post(cart, `/saved/${one.id}/cart`), 'cart_completed');
  });

  test('stays there, where it cannot come back; and can be forgotten', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartOf(shop, [{ variantId, quantity: 1 }]);
    const [{ id }] = (await read(cart)).items;
    await post(cart, `/items/${id}/save`);
    await shop.deps.db.execute(sql`update variants set withdrawn_at = now() where id = ${variantId}`);
    expectProblem(await post(cart, `/saved/${id}/cart`), 'variant_unavailable');
    expect((await read(cart)).saved).toMatchObject([{ id, available: false }]);
    const path = `/saved/${id}`;
    expect((await onCart(shop, cart, { path, method: 'DELETE' })).body.saved).toEqual([]);
    expectProblem(await onCart(shop, cart, { path, method: 'DELETE' }), 'cart_item_not_found');
    expectProblem(await post(cart, `/items/${id}/save`), 'cart_item_not_found');
  });

  test('is no more than a hundred', async () => {
    const cart = await cartOf(shop, []);
    await shop.deps.db.execute(sql`
      insert into saved_items (id, cart_id, variant_id, quantity, saved_at)
      select gen_random_uuid(), ${cart.cartId}::uuid, id, 1, now() from variants
       where id <> ${bead(0)} and product_id in (
         select product_id from variants where id in (${bead(0)}::uuid, ${bead(100)}::uuid))`);
    const { body } = await addTo(shop, cart, bead(0), 1);
    const before = await everything(shop);
    const refused = await post(cart, `/items/${body.items[0].id}/save`);
    expectProblem(refused, 'saved_items_full');
    expect(refused.body.maxItems).toBe(100);
    expect(await everything(shop)).toEqual(before);
  });
});

describe('what has changed since', () => {
  test('is how many are left, where that is fewer; and no more of a large stock than a few', async () => {
    const { variantId } = await createProduct(shop, { stock: 3 });
    const cart = await cartOf(shop, [
      { variantId, quantity: 5 },
      { variantId: bead(1), quantity: 1 },
    ]);
    const [scarce, plenty] = (await read(cart)).items;
    expect(scarce).toMatchObject({ notice: 'out_of_stock', left: 3 });
    expect(plenty).toMatchObject({ notice: null });
    expect(plenty.left).toBeUndefined();
    const fewer = await onCart(shop, cart, {
      ...{ path: `/items/${scarce.id}`, method: 'PATCH', body: { quantity: scarce.left } },
    });
    expect(fewer.body.items[0].notice).toBeNull();
    const { variantId: many } = await createProduct(shop, { stock: 500 });
    const greedy = await cartOf(shop, [{ variantId: many, quantity: 999 }]);
    expect((await read(greedy)).items[0]).toMatchObject({ notice: 'out_of_stock', left: 20 });
  });

  test('is the price, until the shopper agrees to that of now, and to no other', async () => {
    const product = await createProduct(shop, { price: 1_000 });
    const cart = await cartOf(shop, [{ variantId: product.variantId, quantity: 2 }]);
    await changePrice(shop, product, 1_200);
    const [line] = (await read(cart)).items;
    expect(line).toMatchObject({ notice: 'price_changed', unitPrice: { amount: 1_200 } });
    expect(line.seenPrice).toEqual({ amount: 1_000, currency: 'USD' });
    const accept = (acceptedPrice: number) =>
      onCart(shop, cart, { path: `/items/${line.id}`, method: 'PATCH', body: { acceptedPrice } });
    expect((await accept(1)).body.items[0]).toMatchObject({
      ...{ notice: 'price_changed', unitPrice: { amount: 1_200 }, lineTotal: { amount: 2_400 } },
    });
    expectProblem(await checkOut(shop, cart), 'price_changed');
    const agreed = await accept(1_200);
    expect(agreed.body.items[0]).toMatchObject({ notice: null, quantity: 2 });
    const { status, body } = await checkOut(shop, cart);
    expect([status, body.total.amount]).toEqual([201, 2_400]);
  });
});
