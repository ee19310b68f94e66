/** `npm run demo -- --full`: the whole life of an order, as its shopper, the shop's staff and the books see it. */

import { randomUUID } from 'node:crypto';
import { DEMO_ACCOUNTS, type DemoAccount } from '#db/seed/accounts.ts';
import { WELCOME_CODE } from '#db/seed/pricing.ts';
import { present } from '#lib/assert.ts';
import type { RunningShop } from '#ops/local/running.ts';
import type { Cart, Order, Product, Quote } from './answers.ts';
import { approve, awaitPaid, intentOf, paymentAt } from './bank.ts';
import { readLedger, sayDifferences, sayLedger, sayQuote } from './books.ts';
import { chooseShipping, enterCode, readQuote } from './cart.ts';
import { findProducts } from './find.ts';
import { awaitMail, type Mailbox } from './mail.ts';
import { awaitRefund, type People, sendBack, sendParcels } from './parcels.ts';
import { DemoFailure, enter, type Shop, visit } from './shop.ts';
import { inWords, pick, say } from './tell.ts';

/** What of a running shop it takes. */
export type Stage = Pick<RunningShop, 'edgeUrl' | 'mailUrl' | 'stripeDoubleUrl' | 'backupDatabaseUrl'>;

const CURRENCY = 'EUR';
const HOME = { city: 'Berlin', postalCode: '10115', country: 'DE' };
const CARD = 'pm_card_threeDSecure2Required';
const LINES = 2;
const RETURN_STEPS = ['requested', 'authorised', 'received', 'refunded'];

function account(wanted: DemoAccount['role']): DemoAccount {
  return present(
    DEMO_ACCOUNTS.find(({ role }) => role === wanted),
    `the demo ${wanted}`,
  );
}

/** Two products of which there are some, and which have a price in euros. */
async function fillCart(guest: Shop, shop: Shop): Promise<Cart> {
  const { body: empty } = await shop.post<Cart>('/carts');
  let { body: cart } = await shop.patch<Cart>(`/carts/${empty.id}`, { currency: CURRENCY });
  for await (const { slug } of findProducts(guest)) {
    const { body: product } = await guest.get<Product>(`/products/${slug}`);
    const inStock = product.variants.filter(({ available }) => available);
    if (inStock.length > 0) cart = (await put(shop, cart, pick(inStock, 'a variant').id)) ?? cart;
    if (cart.items.length === LINES) break;
  }
  if (cart.items.length < LINES) {
    throw new DemoFailure(`fewer than ${LINES} products that were found are sold in ${CURRENCY}`);
  }
  say('cart', `${cart.items.map(({ name }) => name).join(', ')}: ${inWords(cart.subtotal)}`);
  return cart;
}

/** Null where it cannot be bought in euros, or no longer. */
async function put(shop: Shop, { id }: Cart, variantId: string): Promise<Cart | null> {
  try {
    return (await shop.post<Cart>(`/carts/${id}/items`, { variantId, quantity: 1 })).body;
  } catch (error) {
    if (error instanceof DemoFailure && error.code === 'variant_unavailable') return null;
    throw error;
  }
}

async function priceCart(shop: Shop, cart: Cart): Promise<Quote> {
  const { country, postalCode } = HOME;
  const wish = { destination: { country, postalCode }, wish: 'fastest' } as const;
  if ((await chooseShipping(shop, cart.id, wish)) === null) {
    throw new DemoFailure(`the shop ships nothing to ${country} for ${CURRENCY}: npm start -- --fresh does`);
  }
  if (!(await enterCode(shop, cart.id, WELCOME_CODE))) throw new DemoFailure(`${WELCOME_CODE} is refused`);
  const quote = await readQuote(shop, cart.id);
  sayQuote(quote, new Map(cart.items.map(({ variantId, name }) => [variantId, name])));
  if (quote.discount.amount === 0) throw new DemoFailure(`${WELCOME_CODE} takes nothing off`);
  if (quote.includedTax.amount === 0) throw new DemoFailure(`the prices contain no tax of ${country}`);
  return quote;
}

/** The order as checkout answers it: its payment waits for the bank. */
async function checkOut(shop: Shop, cart: Cart, quote: Quote): Promise<Order> {
  const { email, name } = account('shopper');
  const { body: order } = await shop.post<Order>(
    '/checkout',
    {
      ...{ cartId: cart.id, email, paymentMethodId: CARD, quote: quote.token },
      shippingAddress: { name, line1: 'Invalidenstraße 1', ...HOME },
    },
    { 'idempotency-key': randomUUID() },
  );
  say('checkout', `order ${order.number} over ${inWords(order.total)}: ${order.status.replace('_', ' ')}`);
  return order;
}

interface Purchase {
  readonly quote: Quote;
  readonly order: Order;
  readonly intentId: string;
}

async function buy(edgeUrl: string, doubleUrl: string, shop: Shop): Promise<Purchase> {
  const cart = await fillCart(visit(edgeUrl), shop);
  const quote = await priceCart(shop, cart);
  const asked = await checkOut(shop, cart, quote);
  const intentId = intentOf(asked);
  await approve(doubleUrl, intentId);
  return { quote, intentId, order: await awaitPaid(shop, asked.id) };
}

async function fulfil(people: People, mailbox: Mailbox, order: Order): Promise<string> {
  await awaitMail(mailbox, 'order', order.id);
  const shipmentIds = await sendParcels(people, order);
  for (const news of ['shipped', 'delivered']) {
    for (const id of shipmentIds) await awaitMail(mailbox, `shipment.${news}`, id);
  }
  const { returnId, refundId } = await sendBack(people, order.id, pick(order.items, 'a line'));
  for (const step of RETURN_STEPS) await awaitMail(mailbox, `return.${step}`, returnId);
  return refundId;
}

/** @throws {DemoFailure} where a step is not as it must be */
export async function showEverything(stage: Stage): Promise<void> {
  const { edgeUrl, mailUrl, stripeDoubleUrl: doubleUrl } = stage;
  if (doubleUrl === null) {
    throw new DemoFailure(
      'Stripe itself takes the payments: --full needs the double, to pass its 3-D Secure',
    );
  }
  const [shopper, admin] = [account('shopper'), account('admin')];
  const people = { shopper: await enter(edgeUrl, shopper), staff: await enter(edgeUrl, admin) };
  say('log in', `${shopper.email} to buy, ${admin.email} to send and to refund`);
  const { quote, order, intentId } = await buy(edgeUrl, doubleUrl, people.shopper);
  const refundId = await fulfil(people, { mailUrl, email: shopper.email }, order);
  const ended = await awaitRefund(people.shopper, order.id, refundId);
  const entries = await readLedger(stage.backupDatabaseUrl, order.id, ['capture', 'fee', 'refund']);
  sayLedger(entries, CURRENCY);
  sayDifferences({ quote, order: ended, charge: await paymentAt(doubleUrl, intentId), entries });
}
