/** Merges of carts, changes and checkouts at the same time: no line is lost, none is doubled, and nobody waits for ever. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { MINUTE_MS } from '#lib/clock.ts';
import { checkBooks } from '#test/support/books.ts';
import {
  addTo,
  boughtOf,
  createOptions,
  inOrderedCarts,
  mergeInto,
  quantitiesIn,
  sumOf,
} from '#test/support/carting.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartOf, checkOut, type TestCart } from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
let variants: readonly string[];
let customer: Awaited<ReturnType<OriginUnderTest['signIn']>>;
beforeAll(async () => {
  shop = await openOrigin();
  variants = await createOptions(shop, [500, 1_000, 1_500, 2_000]);
  customer = await shop.signIn();
});
afterAll(async () => {
  await checkBooks(shop);
  await shop.close();
});

type Act =
  | { readonly kind: 'merge'; readonly cart: number }
  | { readonly kind: 'buy'; readonly cart: number }
  | { readonly kind: 'add'; readonly cart: number; readonly variant: number; readonly quantity: number };

const CARTS = 3;
const ACCEPTED = [200, 201, 404, 409];
const QUANTITIES = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 4 });
/** Those of guests rather than the customer's, which is the one to be bought. */
const MOSTLY_GUESTS = fc.constantFrom(0, 0, 0, 1, 1, 1, CARTS - 1);
const ACT = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('merge' as const), cart: fc.nat(CARTS - 2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ kind: fc.constant('add' as const), cart: MOSTLY_GUESTS, variant: fc.nat(3) },
      quantity: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('buy' as const),
      cart: fc.constantFrom(0, CARTS - 1, CARTS - 1, CARTS - 1),
    }),
  },
) satisfies fc.Arbitrary<Act>;

const variant = (index: number) => variants[index] ?? '';
const lines = (quantities: readonly number[]) =>
  quantities.flatMap((quantity, index) => (quantity === 0 ? [] : [{ variantId: variant(index), quantity }]));
const guestCart = (...quantities: readonly number[]) => cartOf(shop, lines(quantities));

/** The customer, with no cart that could take anything in. */
async function withoutCarts(): Promise<string> {
  await shop.deps.db.execute(
    sql`update carts set completed_at = updated_at where user_id = ${customer.userId} and completed_at is null`,
  );
  return customer.token;
}

/** Guests', and last the customer's, if they have one. */
async function openCarts(hasOwn: boolean, quantities: readonly (readonly number[])[]): Promise<TestCart[]> {
  const token = await withoutCarts();
  const made = [];
  for (const each of quantities.slice(0, CARTS - 1)) made.push(await guestCart(...each));
  if (hasOwn) made.push(await cartOf(shop, lines(quantities.at(-1) ?? []), token));
  return made;
}

function run(cart: TestCart, act: Act): Promise<Answer> {
  if (act.kind === 'merge') return mergeInto(shop, cart, customer.token);
  if (act.kind === 'buy') return checkOut(shop, cart);
  return addTo(shop, cart, variant(act.variant), act.quantity);
}

async function runAll(carts: readonly TestCart[], acts: readonly Act[]) {
  const possible = acts.flatMap((act) => {
    const cart = carts[act.cart];
    return cart === undefined ? [] : [{ act, cart }];
  });
  return Promise.all(possible.map(async ({ act, cart }) => ({ act, answer: await run(cart, act) })));
}

function plus(before: Readonly<Record<string, number>>, done: Awaited<ReturnType<typeof runAll>>) {
  const after: Record<string, number> = { ...before };
  for (const { act, answer } of done) {
    if (act.kind !== 'add' || answer.status !== 200) continue;
    const id = variant(act.variant);
    after[id] = (after[id] ?? 0) + act.quantity;
  }
  return after;
}

test('whatever is put into guests’ carts is there in the end, once, and nothing comes into a cart that is bought', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(true, true, true, false),
      fc.array(QUANTITIES, { minLength: CARTS, maxLength: CARTS }),
      fc.array(ACT, { minLength: 4, maxLength: 12 }),
      async (hasOwn, quantities, acts) => {
        const carts = await openCarts(hasOwn, quantities);
        const ids = carts.map(({ cartId }) => cartId);
        const before = await sumOf(shop, ids);
        const done = await runAll(carts, acts);
        for (const { answer } of done) {
          expect(answer.status, JSON.stringify(answer.body)).toBeOneOf(ACCEPTED);
        }
        expect(await sumOf(shop, ids)).toEqual(plus(before, done));
        expect(await boughtOf(shop, ids)).toEqual(await inOrderedCarts(shop, ids));
      },
    ),
    { numRuns: 15 },
  );
});

test('two guests’ carts of a customer without one become one', async () => {
  await withoutCarts();
  const carts = [await guestCart(1), await guestCart(2), await guestCart(0, 3)];
  const answers = await Promise.all(carts.map((cart) => mergeInto(shop, cart, customer.token)));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  const own = await shop.call(`/api/v1/carts/${answers[0]?.body.id}`, { token: customer.token });
  expect(quantitiesIn(own.body.items)).toEqual(quantitiesIn(lines([3, 3])));
});
