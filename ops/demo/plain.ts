/** `npm run demo`: from a search to the email of a paid order. */

import { randomUUID } from 'node:crypto';
import { DEMO_ACCOUNTS } from '#db/seed/accounts.ts';
import { WELCOME_CODE } from '#db/seed/pricing.ts';
import { present } from '#lib/assert.ts';
import type { RunningShop } from '#ops/local/running.ts';
import type { Card, Order, Price, Product } from './answers.ts';
import { chooseShipping, enterCode, readQuote, sayTotal } from './cart.ts';
import { findProduct } from './find.ts';
import { awaitMail } from './mail.ts';
import { DemoFailure, enter, type Shop, visit } from './shop.ts';
import { inWords, pick, say } from './tell.ts';

const HOME = { city: 'Springfield', postalCode: '12345', country: 'US' };

async function readTwice(shop: Shop, slug: string): Promise<Product> {
  const first = await shop.get<Product>(`/products/${slug}`);
  const second = await shop.get<Product>(`/products/${slug}`);
  say('product', `${first.body.name}, ${inWords(first.body.price)}`);
  say('', `first read    ${first.milliseconds} ms   ${first.cacheStatus}`);
  say('', `second read   ${second.milliseconds} ms   ${second.cacheStatus}`);
  return second.body;
}

async function lookBeside(shop: Shop, { id }: Product): Promise<void> {
  const { body } = await shop.get<{ items: Card[]; source: string }>(
    `/products/${id}/recommendations?limit=3`,
  );
  const names = body.items.map(({ name }) => name).join(', ');
  say('beside', `${names} (${body.source.replace('_', ' ')})`);
}

async function buy(shop: Shop, product: Product, email: string): Promise<Order> {
  const variant = pick(
    product.variants.filter((each) => each.available),
    'a variant in stock',
  );
  const { body: cart } = await shop.post<{ id: string }>('/carts');
  const { body: filled } = await shop.post<{ subtotal: Price }>(`/carts/${cart.id}/items`, {
    variantId: variant.id,
    quantity: 1,
  });
  say('cart', `1 x ${product.name}, subtotal ${inWords(filled.subtotal)}`);
  const { country, postalCode } = HOME;
  await chooseShipping(shop, cart.id, { destination: { country, postalCode }, wish: 'cheapest' });
  await enterCode(shop, cart.id, WELCOME_CODE);
  const quote = await readQuote(shop, cart.id);
  sayTotal(quote);
  const { body: order } = await shop.post<Order>(
    '/checkout',
    {
      cartId: cart.id,
      email,
      shippingAddress: { name: 'Sam Shopper', line1: '1 Main Street', ...HOME },
      paymentMethodId: 'pm_card_visa',
      quote: quote.token,
    },
    { 'idempotency-key': randomUUID() },
  );
  say('pay', `${inWords(order.total)} by ${order.payment.brand} ending in ${order.payment.lastFour}`);
  return order;
}

/** @throws {DemoFailure} where a step is not as it must be */
export async function showPurchase(running: Pick<RunningShop, 'edgeUrl' | 'mailUrl'>): Promise<void> {
  const shopper = present(
    DEMO_ACCOUNTS.find(({ role }) => role === 'shopper'),
    'the demo shopper',
  );
  const guest = visit(running.edgeUrl);
  const card = await findProduct(guest);
  const product = await readTwice(guest, card.slug);
  await lookBeside(guest, product);
  const shop = await enter(running.edgeUrl, shopper);
  const { id } = await buy(shop, product, shopper.email);
  const { body: order } = await shop.get<Order>(`/orders/${id}`);
  say('order', `number ${order.number} is ${order.status}`);
  if (order.status !== 'paid') throw new DemoFailure(`order ${order.number} is not paid`);
  await awaitMail({ mailUrl: running.mailUrl, email: shopper.email }, 'order', id);
}
