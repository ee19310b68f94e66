/**
 * `npm run demo`: buys something at the running shop, through the edge as a shopper would, and tells of each
 * step. It honours Retry-After, as every good client does.
 */

import { randomUUID } from 'node:crypto';
import { DEMO_ACCOUNTS } from '#db/seed/accounts.ts';
import { WELCOME_CODE } from '#db/seed/pricing.ts';
import { present } from '#lib/assert.ts';
import { currency, formatMoney, minor } from '#lib/money.ts';
import { liesElsewhere, plannedParcels, signInAdmin } from './demo/parcels.ts';
import { DemoFailure, type Shop, visit } from './demo/shop.ts';
import { readRunningShop } from './local/running.ts';

const HELP = `npm run demo

Buys something at the running shop and tells of each step: search, product, cart, payment, order, parcels, email.
Start the shop first: npm start
`;

const SEARCHES = ['mug', 'lamp', 'backpack', 'notebook', 'shirt', 'puzzle'];
const SEARCH_LIMIT = 20;
const EMAIL_DEADLINE_MS = 30_000;
const POLL_MS = 100;

interface Price {
  readonly amount: number;
  readonly currency: string;
}

interface Card {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly price: Price;
  readonly available: boolean;
}

interface Product extends Card {
  readonly variants: readonly { readonly id: string; readonly price: Price; readonly available: boolean }[];
}

interface Order {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly total: Price;
  readonly payment: { readonly brand: string; readonly lastFour: string };
}

interface Quote {
  readonly token: string;
  readonly subtotal: Price;
  readonly discount: Price;
  readonly shipping: Price;
  readonly tax: Price;
  readonly total: Price;
  readonly discounts: readonly { readonly name: string; readonly code: string | null }[];
}

interface Message {
  readonly subject: string;
}

const say = (step: string, text: string) => console.log(`  ${step.padEnd(9)}${text}`);
const inWords = ({ amount, currency: code }: Price) =>
  formatMoney({ amount: minor(amount), currency: currency(code) });
const pick = <T>(items: readonly T[], what: string): T =>
  present(items[Math.floor(Math.random() * items.length)], what);

interface Found {
  readonly card: Card;
  /** Others in stock that the same search finds. */
  readonly others: readonly Card[];
}

async function findProduct(shop: Shop): Promise<Found> {
  for (const words of SEARCHES.toSorted(() => Math.random() - 0.5)) {
    const { body } = await shop.get<{ items: Card[] }>(`/search?q=${words}&limit=${SEARCH_LIMIT}`);
    const available = body.items.filter((item) => item.available);
    if (available.length === 0) continue;
    const card = pick(available, 'a product');
    say('search', `"${words}" finds ${body.items.length} products, among them ${card.name}`);
    return { card, others: available.filter(({ id }) => id !== card.id) };
  }
  throw new DemoFailure('no search found anything in stock; npm start -- --fresh fills the shelves again');
}

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

/** A merchant may have ended the code: then it is bought without. */
async function enterCode(shop: Shop, cartId: string): Promise<Quote> {
  try {
    await shop.post(`/carts/${cartId}/codes`, { code: WELCOME_CODE });
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    say('code', `${WELCOME_CODE} is not good in this shop`);
  }
  const { body: quote } = await shop.get<Quote>(`/carts/${cartId}/quote`);
  for (const { name, code } of quote.discounts) say('code', `${code ?? 'no code'}: ${name}`);
  const { subtotal, discount, shipping, tax, total } = quote;
  const parts = [`${inWords(subtotal)} - ${inWords(discount)}`, inWords(shipping), inWords(tax)].join(' + ');
  say('quote', `${parts} = ${inWords(total)}  (subtotal - discount + shipping + tax)`);
  return quote;
}

interface Bought {
  readonly id: string;
  readonly name: string;
}

const inStock = ({ name, variants }: Product): readonly Bought[] =>
  variants.filter((each) => each.available).map(({ id }) => ({ id, name }));

async function* variantsOf(shop: Shop, cards: readonly Card[]): AsyncGenerator<Bought> {
  for (const { slug } of cards) yield* inStock((await shop.get<Product>(`/products/${slug}`)).body);
}

async function buy(shop: Shop, variants: readonly Bought[], email: string): Promise<Order> {
  const { body: cart } = await shop.post<{ id: string }>('/carts');
  for (const { id: variantId, name } of variants) {
    const line = { variantId, quantity: 1 };
    const { body: filled } = await shop.post<{ subtotal: Price }>(`/carts/${cart.id}/items`, line);
    say('cart', `1 x ${name}, subtotal ${inWords(filled.subtotal)}`);
  }
  const quote = await enterCode(shop, cart.id);
  const { body: order } = await shop.post<Order>(
    '/checkout',
    {
      cartId: cart.id,
      email,
      shippingAddress: {
        name: 'Sam Shopper',
        line1: '1 Main Street',
        city: 'Springfield',
        postalCode: '12345',
        country: 'US',
      },
      paymentMethodId: 'pm_card_visa',
      quote: quote.token,
    },
    { 'idempotency-key': randomUUID() },
  );
  say('pay', `${inWords(order.total)} by ${order.payment.brand} ending in ${order.payment.lastFour}`);
  return order;
}

/** The email comes by way of the outbox, the broker and a worker, so it may take a moment. */
async function awaitEmail(mailUrl: string, order: Order, email: string): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < EMAIL_DEADLINE_MS) {
    const response = await fetch(`${mailUrl}/messages?to=${encodeURIComponent(email)}&limit=100`);
    const messages = (await response.json()) as Message[];
    const message = messages.find(({ subject }) => subject.includes(order.number));
    if (message !== undefined) {
      say('email', `"${message.subject}" after ${Math.round(performance.now() - startedAt)} ms: ${mailUrl}/`);
      return;
    }
    await Bun.sleep(POLL_MS);
  }
  throw new DemoFailure(`no email about order ${order.number} came within ${EMAIL_DEADLINE_MS / 1000} s`);
}

/** By way of the worker, too: with the sale it is decided which location sends what. */
async function awaitParcels(staff: Shop, { id, number }: Order): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < EMAIL_DEADLINE_MS) {
    const parcels = await plannedParcels(staff, id);
    for (const [index, parcel] of parcels.entries()) say(index === 0 ? 'parcels' : '', parcel);
    if (parcels.length > 0) return;
    await Bun.sleep(POLL_MS);
  }
  throw new DemoFailure(`no location has order ${number} to send within ${EMAIL_DEADLINE_MS / 1000} s`);
}

async function walk(): Promise<void> {
  const running = await readRunningShop();
  if (running === null) throw new DemoFailure('the shop does not run; start it first: npm start');
  const shopper = present(
    DEMO_ACCOUNTS.find(({ role }) => role === 'shopper'),
    'the demo shopper',
  );
  const guest = visit(running.edgeUrl);
  const { card, others } = await findProduct(guest);
  const product = await readTwice(guest, card.slug);
  await lookBeside(guest, product);
  const { body: session } = await guest.post<{ accessToken: string }>('/auth/login', {
    email: shopper.email,
    password: shopper.password,
  });
  const shop = visit(running.edgeUrl, session.accessToken);
  const staff = await signInAdmin(running.edgeUrl);
  const variant = pick(inStock(product), 'a variant in stock');
  const second = await liesElsewhere(staff, variant, variantsOf(guest, others));
  const { id } = await buy(shop, second === undefined ? [variant] : [variant, second], shopper.email);
  const { body: order } = await shop.get<Order>(`/orders/${id}`);
  say('order', `number ${order.number} is ${order.status}`);
  if (order.status !== 'paid') throw new DemoFailure(`order ${order.number} is not paid`);
  await awaitParcels(staff, order);
  if (running.mailUrl === null) say('email', 'goes to the mail server in SMTP_URL');
  else await awaitEmail(running.mailUrl, order, shopper.email);
}

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}
try {
  await walk();
} catch (error) {
  if (!(error instanceof DemoFailure)) throw error;
  console.error(`demo: ${error.message}`);
  process.exit(1);
}
