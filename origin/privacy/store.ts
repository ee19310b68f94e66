/** Every query of what is held of one person, wherever it lies. */

import { and, eq, gt, inArray, isNull, notInArray, or, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { accountTokens } from '#db/schema/account-tokens.ts';
import { users } from '#db/schema/accounts.ts';
import { apiKeys } from '#db/schema/api-keys.ts';
import { cartItems, carts, savedItems } from '#db/schema/cart.ts';
import { products } from '#db/schema/catalog.ts';
import { shipments } from '#db/schema/fulfilment.ts';
import { idempotencyKeys } from '#db/schema/messaging.ts';
import { orderEdits } from '#db/schema/order-edits.ts';
import { orderDiscounts, orderEvents, orderLines, orderShipping, orders } from '#db/schema/orders.ts';
import { paymentMethods, payments, refunds } from '#db/schema/payments.ts';
import { customerGroupMembers, customerGroups } from '#db/schema/pricing.ts';
import { returnLines, returns } from '#db/schema/returns.ts';
import { recoveryCodes, secondFactors } from '#db/schema/second-factor.ts';
import { sessions } from '#db/schema/sessions.ts';
import type { CartId, OrderId, UserId } from '#lib/ids.ts';

export type UserRow = typeof users.$inferSelect;
export type OrderRow = typeof orders.$inferSelect;

/** Whose data it is: by id, and for what they bought as a guest by the email that they have shown to be theirs. */
export interface Person {
  readonly userId: UserId;
  readonly verifiedEmail: string | null;
}

export async function lockUser(tx: Transaction, userId: UserId): Promise<UserRow | undefined> {
  const [row] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, userId), isActive))
    .for('update');
  return row;
}

/** Theirs, and those of a guest that went into one of theirs. */
async function cartsOf(db: Queryable, userId: UserId): Promise<CartId[]> {
  const own = db.select({ id: carts.id }).from(carts).where(eq(carts.userId, userId));
  const rows = await db
    .select({ id: carts.id })
    .from(carts)
    .where(or(eq(carts.userId, userId), inArray(carts.mergedInto, own)));
  return rows.map(({ id }) => id);
}

/**
 * In the order in which they are locked. Those of their carts as well: as a guest they may have given another email.
 * Spelled as the index `orders_guest_email` is; the carts by their ids, or the index of theirs is of no use.
 */
export async function ordersOf(db: Queryable, { userId, verifiedEmail }: Person): Promise<OrderRow[]> {
  const asGuest = and(isNull(orders.userId), sql`lower(${orders.email}) = ${verifiedEmail}`);
  const theirs = verifiedEmail === null ? undefined : asGuest;
  const fromCart = inArray(orders.cartId, await cartsOf(db, userId));
  return db
    .select()
    .from(orders)
    .where(or(eq(orders.userId, userId), theirs, fromCart))
    .orderBy(orders.id);
}

/** The goods are yet to come back; or are here, and of what was charged for them some pays for no replacement. By line. */
export async function returnsUnderWay(tx: Transaction, id: OrderId) {
  const isDue = gt(returnLines.chargedMinor, returnLines.exchangedMinor);
  const isUnderWay = or(
    inArray(returns.status, ['requested', 'authorised']),
    and(eq(returns.status, 'received'), isDue),
  );
  return tx
    .select({ status: returns.status })
    .from(returns)
    .innerJoin(returnLines, eq(returnLines.returnId, returns.id))
    .where(and(eq(returns.orderId, id), isUnderWay));
}

export async function orderRecords(db: Queryable, ids: readonly OrderId[]) {
  if (ids.length === 0) {
    const none = { lines: [], events: [], off: [], shipped: [], parcels: [] };
    return { ...none, paid: [], refunded: [], sentBack: [], edits: [] };
  }
  const which = [...ids];
  const [lines, off, shipped, parcels, events, paid, sentBack, edits] = await Promise.all([
    db.select().from(orderLines).where(inArray(orderLines.orderId, which)),
    db.select().from(orderDiscounts).where(inArray(orderDiscounts.orderId, which)),
    db.select().from(orderShipping).where(inArray(orderShipping.orderId, which)),
    db.select().from(shipments).where(inArray(shipments.orderId, which)),
    db.select().from(orderEvents).where(inArray(orderEvents.orderId, which)),
    db.select().from(payments).where(inArray(payments.orderId, which)),
    db.select().from(returns).where(inArray(returns.orderId, which)),
    db.select().from(orderEdits).where(inArray(orderEdits.orderId, which)),
  ]);
  const paymentIds = paid.map(({ id }) => id);
  const refunded =
    paymentIds.length === 0
      ? []
      : await db.select().from(refunds).where(inArray(refunds.paymentId, paymentIds));
  return { lines, events, off, shipped, parcels, paid, refunded, sentBack, edits };
}

export async function accountRecords(db: Queryable, userId: UserId) {
  const [opened, tokens, keys, methods, factors, codes, owned, sold, groups] = await Promise.all([
    db.select().from(sessions).where(eq(sessions.userId, userId)),
    db.select().from(accountTokens).where(eq(accountTokens.userId, userId)),
    db.select().from(apiKeys).where(eq(apiKeys.userId, userId)),
    db.select().from(paymentMethods).where(eq(paymentMethods.userId, userId)),
    db.select().from(secondFactors).where(eq(secondFactors.userId, userId)),
    db.$count(recoveryCodes, eq(recoveryCodes.userId, userId)),
    db.select().from(carts).where(eq(carts.userId, userId)),
    db
      .select({ id: products.id, slug: products.slug, name: products.name })
      .from(products)
      .where(eq(products.sellerId, userId)),
    db
      .select({ id: customerGroups.id, name: customerGroups.name })
      .from(customerGroupMembers)
      .innerJoin(customerGroups, eq(customerGroups.id, customerGroupMembers.groupId))
      .where(eq(customerGroupMembers.userId, userId)),
  ]);
  return { opened, tokens, keys, methods, factor: factors[0], codes, owned, sold, groups };
}

export async function itemsOfCarts(db: Queryable, userId: UserId) {
  const own = db.select({ id: carts.id }).from(carts).where(eq(carts.userId, userId));
  return db.select().from(cartItems).where(inArray(cartItems.cartId, own));
}

export async function savedOf(db: Queryable, userId: UserId) {
  const own = db.select({ id: carts.id }).from(carts).where(eq(carts.userId, userId));
  return db.select().from(savedItems).where(inArray(savedItems.cartId, own));
}

export async function takeEmailOut(tx: Transaction, id: OrderId, email: string): Promise<void> {
  await tx.update(orders).set({ email }).where(eq(orders.id, id));
}

export async function takeOutOfOrder(
  tx: Transaction,
  { id, cartId }: Pick<OrderRow, 'id' | 'cartId'>,
  { email, shippingAddress }: Pick<OrderRow, 'email' | 'shippingAddress'>,
): Promise<void> {
  await tx.update(orders).set({ email, shippingAddress }).where(eq(orders.id, id));
  await tx.update(returns).set({ note: '' }).where(eq(returns.orderId, id));
  await tx.update(orderEdits).set({ addressBefore: null }).where(eq(orderEdits.orderId, id));
  await tx
    .update(shipments)
    .set({ trackingNumber: null, trackingUrl: null })
    .where(eq(shipments.orderId, id));
  // Why they cancelled; what staff wrote of them cannot be told apart.
  const paid = tx.select({ id: payments.id }).from(payments).where(eq(payments.orderId, id));
  await tx.update(refunds).set({ reason: '' }).where(inArray(refunds.paymentId, paid));
  await tx.update(carts).set({ region: null, postalCode: null }).where(eq(carts.id, cartId));
  // Answers that are kept for a guest.
  const scopes = [`cart:${cartId}`, ...['cancel', 'return', 'edit'].map((kind) => `${kind}:${id}`)];
  await tx.delete(idempotencyKeys).where(inArray(idempotencyKeys.scope, scopes));
}

/** What an order was made of stays with it; any other cart goes with its lines. */
export async function deleteCarts(tx: Transaction, userId: UserId): Promise<void> {
  const own = tx.select({ id: carts.id }).from(carts).where(eq(carts.userId, userId));
  await tx.delete(cartItems).where(inArray(cartItems.cartId, own));
  await tx.delete(savedItems).where(inArray(savedItems.cartId, own));
  // Theirs by now, an order of it may be from when it was a guest's.
  const ordered = tx.select({ id: orders.cartId }).from(orders).where(inArray(orders.cartId, own));
  await tx.delete(carts).where(and(eq(carts.userId, userId), notInArray(carts.id, ordered)));
  await tx.update(carts).set({ region: null, postalCode: null }).where(eq(carts.userId, userId));
}

export async function deleteCredentials(tx: Transaction, userId: UserId): Promise<void> {
  await tx.delete(sessions).where(eq(sessions.userId, userId));
  await tx.delete(accountTokens).where(eq(accountTokens.userId, userId));
  await tx.delete(secondFactors).where(eq(secondFactors.userId, userId));
  await tx.delete(apiKeys).where(eq(apiKeys.userId, userId));
  await tx.delete(paymentMethods).where(eq(paymentMethods.userId, userId));
}

export async function leaveGroups(tx: Transaction, userId: UserId): Promise<void> {
  await tx.delete(customerGroupMembers).where(eq(customerGroupMembers.userId, userId));
}

/** Kept answers are found by whose they are. */
export async function deleteAnswers(tx: Transaction, userId: UserId): Promise<void> {
  const scopes = ['user', 'cancel', 'refund', 'return', 'edit'].map((kind) => `${kind}:${userId}`);
  await tx.delete(idempotencyKeys).where(inArray(idempotencyKeys.scope, scopes));
}

/** The row stays for the orders that point at it, and says nothing of whom it was. */
export async function takeOutOfAccount(
  tx: Transaction,
  userId: UserId,
  { email, now }: { readonly email: string; readonly now: Date },
): Promise<void> {
  await tx
    .update(users)
    .set({
      email,
      name: '',
      passwordHash: '',
      emailVerifiedAt: null,
      cartRemindersSince: null,
      erasedAt: now,
    })
    .where(eq(users.id, userId));
}

/** Null when Stripe has none. */
export async function customerOfErased(db: Queryable, userId: UserId): Promise<string | null> {
  const [row] = await db
    .select({ customerId: users.stripeCustomerId, erasedAt: users.erasedAt })
    .from(users)
    .where(eq(users.id, userId));
  return row?.erasedAt ? row.customerId : null;
}

export async function forgetCustomer(db: Queryable, userId: UserId): Promise<void> {
  await db.update(users).set({ stripeCustomerId: null }).where(eq(users.id, userId));
}
