/** Orders on their way through the money path, for the tests of what becomes of them. */

import { eq } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import type { OrderId } from '#lib/ids.ts';
import { createLogger } from '#lib/log.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { balanceOf } from '#origin/ledger/service.ts';
import { createStripeGateway } from '#origin/payments/stripe.ts';
import { intentOf } from './books.ts';
import type { Answer, OriginUnderTest, Reachable } from './origin.ts';
import { cartWith, checkOut, createProduct, type Owner, type TestProduct } from './shopping.ts';

export interface TestOrder {
  readonly orderId: OrderId;
  readonly intentId: string;
  readonly owner: Owner;
  readonly product: TestProduct;
}

/** A guest's order of one product, as far as the card takes it. */
export async function orderWith(
  shop: OriginUnderTest,
  card = 'pm_card_visa',
  { quantity = 1, price = 2_000, stock = 5 } = {},
): Promise<TestOrder> {
  const product = await createProduct(shop, { stock, price });
  const cart = await cartWith(shop, product.variantId, quantity);
  const { body, status } = await checkOut(shop, cart, { card });
  if (status >= 300) throw new Error(`checkout answered ${status}: ${JSON.stringify(body)}`);
  const orderId = body.id as OrderId;
  return { orderId, intentId: await intentOf(shop, orderId), owner: cart.owner, product };
}

interface Asking {
  readonly key?: string;
  readonly body?: unknown;
}

/** Asks for a refund as the admin whose token it is. */
export function refund(
  shop: Reachable,
  { orderId }: Pick<TestOrder, 'orderId'>,
  token: string,
  { key = crypto.randomUUID() as string, body = {} }: Asking = {},
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return shop.call(`/api/v1/orders/${orderId}/refunds`, { method: 'POST', token, headers, body });
}

/** Asks for a cancellation as the order's owner, unless somebody else is named. */
export function cancel(
  shop: Reachable,
  { orderId, owner }: Pick<TestOrder, 'orderId' | 'owner'>,
  { key = crypto.randomUUID() as string, body = {} }: Asking = {},
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return shop.call(`/api/v1/orders/${orderId}/cancel`, { method: 'POST', ...owner, headers, body });
}

export async function statusOf({ deps: { db } }: Reachable, { orderId }: Pick<TestOrder, 'orderId'>) {
  const [row] = await db.select({ status: orders.status }).from(orders).where(eq(orders.id, orderId));
  return row?.status;
}

/** What the ledger says that the order has paid, had refunded, and may get back. */
export async function moneyOf({ deps: { db } }: Reachable, { orderId }: Pick<TestOrder, 'orderId'>) {
  const { paid, refunded, refundable } = await balanceOf(db, orderId);
  return [Number(paid), Number(refunded), Number(refundable)];
}

/** The steps of an order's time line. */
export async function stepsOf(shop: Reachable, { orderId, owner }: TestOrder): Promise<string[]> {
  const { body } = await shop.call(`/api/v1/orders/${orderId}`, owner);
  return body.timeline.map(({ event }: { readonly event: string }) => event);
}

/** A gateway whose circuit no other test has opened. */
export function freshGateway({ config }: OriginUnderTest) {
  const log = createLogger({ level: 'error', write: () => {} });
  return createStripeGateway(config, { log, metrics: createMetrics() });
}
