/** A person who has used the shop in every way, under words that stand nowhere else. */

import { eq, sql } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { orders } from '#db/schema/orders.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { CartId, UserId } from '#lib/ids.ts';
import { LEFT_AFTER_MS, noteLeftCarts } from '#origin/cart-reminders/service.ts';
import { codeOf } from './authenticator.ts';
import { pack, step } from './fulfilment.ts';
import { openMailbox } from './mailbox.ts';
import { cancel } from './orders.ts';
import { type OriginUnderTest, type Reachable, TEST_PASSWORD } from './origin.ts';
import { cartOf, checkOut, createProduct, type TestCart } from './shopping.ts';

export interface Customer {
  readonly userId: UserId;
  readonly email: string;
  readonly token: string;
  readonly secret: string;
  /** What says who they are, wherever it stands. */
  readonly marks: readonly string[];
  readonly orderIds: readonly string[];
  /** A proof with a code that was not used before. */
  proof(step: number): { readonly password: string; readonly code: string };
}

function addressOf(marks: readonly string[]) {
  const [name = '', line1 = '', line2 = '', city = '', region = '', postalCode = ''] = marks;
  return { name, line1, line2, city, region, postalCode, country: 'SE' };
}

/** @param variantId something to buy; made when it is not given */
export async function openCustomer(shop: OriginUnderTest, variantId?: string): Promise<Customer> {
  const mark = () => `m${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
  const email = `${mark()}@test.example`;
  const name = mark();
  const place = [mark(), mark(), mark(), mark(), mark(), mark()];
  const marks = [email, name, ...place];
  const post = <Body extends object>(path: string, body: Body, more = {}) =>
    succeed(shop, path, { method: 'POST', body, ...more });
  await post('/auth/register', { email, password: TEST_PASSWORD, name });
  await post('/auth/email-verification/confirmation', {
    token: await openMailbox(shop.deps).lastToken(email),
    password: TEST_PASSWORD,
  });
  const { accessToken } = await post('/auth/login', { email, password: TEST_PASSWORD });
  const token = { token: accessToken };
  const buying = variantId ?? (await createProduct(shop, { stock: 100 })).variantId;
  const lines = [{ variantId: buying, quantity: 1 }];
  const checkout = async (cartId: string, as: object) =>
    post(
      '/checkout',
      { cartId, email, shippingAddress: addressOf(place), paymentMethodId: 'pm_card_visa' },
      { ...as, headers: { 'idempotency-key': crypto.randomUUID() } },
    );
  const asGuest = await cartOf(shop, lines);
  const { country, region, postalCode } = addressOf(place);
  const destination = { destination: { country, region, postalCode } };
  await succeed(shop, `/carts/${asGuest.cartId}`, { method: 'PATCH', ...asGuest.owner, body: destination });
  const guestOrder = await checkout(asGuest.cartId, asGuest.owner);
  const reason = mark();
  await cancel(shop, { orderId: guestOrder.id, owner: asGuest.owner }, { body: { reason } });
  const own = await cartOf(shop, lines, accessToken);
  const order = await checkout(own.cartId, token);
  const [bought] = order.items;
  const { token: admin } = await shop.signIn('admin');
  const parcel = await pack(shop, order.id, admin, { items: [{ itemId: bought.id, quantity: 1 }] });
  const tracking = { carrier: 'Post', trackingNumber: mark(), trackingUrl: `https://post.example/${mark()}` };
  await step(shop, { orderId: order.id, shipmentId: parcel.body.id, body: tracking }, admin, 'ship');
  await leaveCart(shop, accessToken, buying);
  await post('/payment-methods', { paymentMethodId: 'pm_card_mastercard' }, token);
  const { productId } = bought;
  const said = { title: mark(), text: mark(), displayName: mark() };
  await post('/reviews', { productId, rating: 4, ...said }, token);
  await post('/wish-lists/items', { variantId: buying }, token);
  await post('/me/views', { productId }, token);
  const { variantId: soldOut } = await createProduct(shop, { stock: 0 });
  await post('/stock-notices', { variantId: soldOut }, token);
  await post('/stock-notices', { variantId: soldOut, email });
  const key = { name: mark(), scopes: ['orders:read'], expiresInDays: 1, password: TEST_PASSWORD };
  await post('/api-keys', key, token);
  await post('/auth/password-reset', { email });
  await openMailbox(shop.deps).mailsTo(email);
  const { secret } = await post('/me/second-factor', { password: TEST_PASSWORD }, token);
  await post('/me/second-factor/confirmation', { code: codeOf(secret, -1) }, token);
  const credentials = { email, password: TEST_PASSWORD, code: codeOf(secret, 0) };
  const session = await post('/auth/login', credentials);
  const [row] = await shop.deps.db.select().from(users).where(eq(users.email, email));
  return {
    userId: row?.id ?? ('' as UserId),
    email,
    token: session.accessToken,
    secret,
    marks: [
      ...marks,
      ...Object.values(said),
      key.name,
      reason,
      tracking.trackingNumber,
      tracking.trackingUrl,
    ],
    orderIds: [order.id, guestOrder.id],
    proof: (step) => ({ password: TEST_PASSWORD, code: codeOf(secret, step) }),
  };
}

/** With something put aside, and to be reminded of. */
async function leaveCart(shop: Reachable, token: string, variantId: string): Promise<void> {
  await succeed(shop, '/me', { method: 'PATCH', token, body: { cartReminders: true } });
  const lines = [{ variantId, quantity: 1 }];
  const cart = await cartOf(shop, lines, token);
  const { items } = await succeed(shop, `/carts/${cart.cartId}`, { token });
  await succeed(shop, `/carts/${cart.cartId}/items/${items[0].id}/save`, { method: 'POST', token });
  await succeed(shop, `/carts/${cart.cartId}/items`, { method: 'POST', token, body: lines[0] });
  const clock = { now: () => after(new Date(), LEFT_AFTER_MS + MINUTE_MS) };
  await noteLeftCarts({ ...shop.deps, clock });
}

async function succeed(shop: Reachable, path: string, call: Parameters<Reachable['call']>[1]) {
  const { status, body } = await shop.call(`/api/v1${path}`, call);
  if (status >= 300) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

interface Guest {
  readonly variantId: string;
  readonly email: string;
  readonly card: string;
}

/** An order under the email, as far as the card takes it; its cart. */
export async function orderAsGuest(shop: Reachable, { variantId, email, card }: Guest): Promise<TestCart> {
  const cart = await cartOf(shop, [{ variantId, quantity: 1 }]);
  await checkOut(shop, cart, { card });
  const ofCart = eq(orders.cartId, cart.cartId as CartId);
  await shop.deps.db.update(orders).set({ email }).where(ofCart);
  return cart;
}

/** The tables of which a row holds one of the words, as text or as bytes. */
export async function tablesWith({ deps: { db } }: Reachable, words: readonly string[]): Promise<string[]> {
  const tables = await db.execute<{ name: string }>(sql`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`);
  const needles = words.flatMap((word) => [word, Buffer.from(word).toString('hex')]);
  const found: string[] = [];
  for (const { name } of tables) {
    const anywhere = sql.join(
      needles.map((needle) => sql`position(lower(${needle}) in lower(t::text)) > 0`),
      sql` or `,
    );
    const [row] = await db.execute<{ count: string }>(
      sql`select count(*) as count from ${sql.identifier(name)} t where ${anywhere}`,
    );
    if (Number(row?.count) > 0) found.push(name);
  }
  return found;
}
