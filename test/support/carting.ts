/** Carts as the tests of them look at them: what they hold, asked of the database. */

import { type SQL, sql } from 'drizzle-orm';
import type { Answer, Call, OriginUnderTest, Reachable } from './origin.ts';
import { CATEGORY, cartOf, createCategory, type TestCart } from './shopping.ts';

/** The variants of one product, at these prices, and plenty of each. */
export async function createOptions(
  shop: OriginUnderTest,
  prices: readonly number[],
  stock = 100_000,
): Promise<readonly string[]> {
  await createCategory(shop);
  const { token } = await shop.signIn('seller');
  const variants = prices.map((price, index) => ({ price, stock, optionValues: [`No. ${index}`] }));
  const { status, body } = await shop.call('/api/v1/products', {
    ...{ method: 'POST', token },
    body: { name: 'Beads', category: CATEGORY, optionNames: ['Number'], variants },
  });
  if (status !== 201) throw new Error(`creating a product answered ${JSON.stringify(body)}`);
  return body.variants.map(({ id }: { readonly id: string }) => id);
}

type Open = Pick<TestCart, 'cartId' | 'owner'>;
type Quantities = Readonly<Record<string, number>>;

export function onCart(
  shop: Reachable,
  { cartId, owner }: Open,
  { path = '', ...call }: Call & { readonly path?: string } = {},
): Promise<Answer> {
  return shop.call(`/api/v1/carts/${cartId}${path}`, { ...owner, ...call });
}

export function addTo(shop: Reachable, cart: Open, variantId: string, quantity: number): Promise<Answer> {
  return onCart(shop, cart, { path: '/items', method: 'POST', body: { variantId, quantity } });
}

/** By a customer, of a guest's cart. */
export function mergeInto(
  shop: Reachable,
  { cartId, cartToken }: Pick<TestCart, 'cartId' | 'cartToken'>,
  token: string,
): Promise<Answer> {
  return shop.call(`/api/v1/carts/${cartId}/merge`, { method: 'POST', token, cartToken });
}

/** By variant. */
export function quantitiesIn(items: readonly { readonly variantId: string; readonly quantity: number }[]) {
  return Object.fromEntries(
    items.map(({ variantId, quantity }) => [variantId, quantity] as const),
  ) as Quantities;
}

const listed = (ids: readonly string[]) =>
  sql`(${sql.join([sql`null::uuid`, ...ids.map((id) => sql`${id}::uuid`)], sql`, `)})`;

async function sums({ deps: { db } }: Reachable, rows: SQL): Promise<Quantities> {
  return quantitiesIn(
    await db.execute<{ variantId: string; quantity: number }>(sql`
      select variant_id as "variantId", sum(quantity)::int as quantity from (${rows}) found group by variant_id`),
  );
}

/** Of the lines of all these carts together, as the database has them. */
export const sumOf = (shop: Reachable, cartIds: readonly string[]) =>
  sums(shop, sql`select variant_id, quantity from cart_items where cart_id in ${listed(cartIds)}`);

/** What the orders are of that these carts have become. */
export const boughtOf = (shop: Reachable, cartIds: readonly string[]) =>
  sums(
    shop,
    sql`select l.variant_id, l.quantity from order_lines l join orders o on o.id = l.order_id
         where o.status = 'paid' and o.cart_id in ${listed(cartIds)}`,
  );

/** What is in those of these carts that have become orders. */
export const inOrderedCarts = (shop: Reachable, cartIds: readonly string[]) =>
  sums(
    shop,
    sql`select i.variant_id, i.quantity from cart_items i join orders o on o.cart_id = i.cart_id
         where o.status = 'paid' and o.cart_id in ${listed(cartIds)}`,
  );

interface Thing {
  readonly what: string;
  readonly ids: Readonly<Record<'id' | 'itemId', string>>;
  readonly owner: { readonly token: string; readonly cartToken?: string };
}

/** Carts of somebody by the paths that take something out of them: one each, for none can be asked of twice. */
export async function cartsOf(
  shop: Reachable,
  { token, variantId }: { readonly token: string; readonly variantId: string },
): Promise<Readonly<Record<string, readonly Thing[]>>> {
  const filled = async (customer?: string) => {
    const cart = await cartOf(shop, [{ variantId, quantity: 1 }], customer);
    return { ...cart, itemId: String((await onCart(shop, cart)).body.items[0].id) };
  };
  const savedIn = async () => {
    const cart = await filled(token);
    const { status } = await onCart(shop, cart, { path: `/items/${cart.itemId}/save`, method: 'POST' });
    if (status !== 200) throw new Error(`putting aside answered ${status}`);
    return cart;
  };
  const thing = (
    what: string,
    { cartId: id, itemId }: Awaited<ReturnType<typeof filled>>,
    cartToken?: string,
  ) => [{ what, ids: { id, itemId }, owner: { token, ...(cartToken === undefined ? {} : { cartToken }) } }];
  const guests = await filled();
  return {
    '/api/v1/carts/{id}/merge': thing('a cart of before the log-in', guests, guests.cartToken),
    '/api/v1/carts/{id}/items/{itemId}/save': thing('a line to be put aside', await filled(token)),
    '/api/v1/carts/{id}/saved/{itemId}/cart': thing('what is to be put back', await savedIn()),
    '/api/v1/carts/{id}/saved': thing('what is put aside', await savedIn()),
  };
}
