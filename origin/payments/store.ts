/** Every query of payments, refunds and disputes. */

import { and, asc, eq, getTableColumns, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { orders } from '#db/schema/orders.ts';
import { disputes, payments, refunds } from '#db/schema/payments.ts';
import type { DisputeId, OrderId, PaymentId, RefundId } from '#lib/ids.ts';

export type PaymentRow = typeof payments.$inferSelect;
export type RefundRow = typeof refunds.$inferSelect;
export type DisputeRow = typeof disputes.$inferSelect;

/** A refund with what carrying it out takes. */
export type RefundToMake = RefundRow & Pick<PaymentRow, 'orderId' | 'currency' | 'stripePaymentIntentId'>;

type NewPayment = Pick<PaymentRow, 'id' | 'orderId' | 'status' | 'amountMinor' | 'currency' | 'createdAt'>;
type OfOrder = Pick<PaymentRow, 'orderId'>;

const INSERT_PAYMENT = kept((db, slots: Slots<NewPayment>) => {
  const { id, orderId, status, amountMinor, currency, createdAt } = slots;
  return db.insert(payments).values({ id, orderId, status, amountMinor, currency, createdAt });
});

export async function insertPayment(tx: Transaction, payment: NewPayment): Promise<void> {
  await INSERT_PAYMENT(tx, payment);
}

const FIND_PAYMENT = kept((db, { orderId }: Slots<OfOrder>) =>
  db.select().from(payments).where(eq(payments.orderId, orderId)),
);

export async function findPayment(db: Queryable, orderId: OrderId): Promise<PaymentRow | undefined> {
  const [payment] = await FIND_PAYMENT(db, { orderId });
  return payment;
}

/** The payment with what asking Stripe for its intent takes. */
export async function findPayable(db: Queryable, orderId: OrderId) {
  const { stripePaymentIntentId, amountMinor, currency } = payments;
  const [payable] = await db
    .select({
      ...{ stripePaymentIntentId, amountMinor, currency },
      orderStatus: orders.status,
      orderNumber: orders.number,
    })
    .from(payments)
    .innerJoin(orders, eq(orders.id, payments.orderId))
    .where(eq(payments.orderId, orderId));
  return payable;
}

const RECORD_INTENT = kept((db, { orderId, intentId }: Slots<OfOrder & { readonly intentId: string }>) =>
  db.execute(sql`
    with open as (
      select id from orders
       where id = ${orderId} and status in ('pending_payment', 'requires_action') for update)
    update payments set stripe_payment_intent_id = ${intentId}
      from open where payments.order_id = open.id returning 1`),
);

/** False when the order does not wait for its payment any more; while this looks, nobody can end it. */
export async function recordIntent(db: Queryable, orderId: OrderId, intentId: string): Promise<boolean> {
  const rows = await RECORD_INTENT(db, { orderId, intentId });
  return rows.length === 1;
}

interface Capture {
  readonly orderId: OrderId;
  readonly intentId: string;
  readonly brand: string | null;
  readonly lastFour: string | null;
  readonly capturedAt: Date;
  readonly isFeeBooked: boolean;
}

const RECORD_CAPTURE = kept((db, slots: Slots<Capture>) => {
  const { orderId, intentId, brand, lastFour, isFeeBooked } = slots;
  const capturedAt = asIn(payments.capturedAt, slots.capturedAt);
  return db
    .update(payments)
    .set({
      status: 'captured',
      stripePaymentIntentId: sql`${intentId}`,
      brand: sql`${brand}`,
      lastFour: sql`${lastFour}`,
      capturedAt,
      feeBookedAt: sql`case when ${isFeeBooked}::boolean then ${capturedAt}::timestamptz else ${payments.feeBookedAt} end`,
    })
    .where(eq(payments.orderId, orderId));
});

/** Stripe has the money. */
export async function recordCapture(tx: Transaction, capture: Capture): Promise<void> {
  await RECORD_CAPTURE(tx, capture);
}

export async function findPaymentOfIntent(db: Queryable, intentId: string): Promise<PaymentRow | undefined> {
  const [payment] = await db.select().from(payments).where(eq(payments.stripePaymentIntentId, intentId));
  return payment;
}

export async function updatePayment(
  db: Queryable,
  orderId: OrderId,
  change: Partial<Omit<typeof payments.$inferInsert, 'id' | 'orderId'>>,
): Promise<void> {
  await db.update(payments).set(change).where(eq(payments.orderId, orderId));
}

export interface OpenPayment {
  readonly orderId: OrderId;
  readonly deadline: Date;
}

interface Attention {
  readonly now: Date;
  /** A payment that was made or last asked for before then has nobody at work on it. */
  readonly idleBefore: Date;
}

/** Open payments that are overdue, or that nobody has been at work on for a while; the longest overdue first. */
export async function findUnattended(
  db: Queryable,
  { now, idleBefore }: Attention,
  limit: number,
  after: OpenPayment | undefined,
): Promise<OpenPayment[]> {
  const { paymentDeadline: deadline, id } = orders;
  const isOpen = sql`${orders.status} in ('pending_payment', 'requires_action')`;
  const lastSeen = sql`coalesce(${payments.checkedAt}, ${payments.createdAt})`;
  const needsLooking = or(lt(deadline, now), sql`${lastSeen} < ${idleBefore.toISOString()}::timestamptz`);
  const beyond =
    after && or(gt(deadline, after.deadline), and(eq(deadline, after.deadline), gt(id, after.orderId)));
  return db
    .select({ orderId: id, deadline })
    .from(orders)
    .innerJoin(payments, eq(payments.orderId, id))
    .where(and(isOpen, needsLooking, beyond))
    .orderBy(asc(deadline), asc(id))
    .limit(limit);
}

export interface Captured {
  readonly orderId: OrderId;
  readonly capturedAt: Date;
}

/** Captured payments between the two times whose fee the ledger lacks, the oldest first. */
export async function findWithoutFee(
  db: Queryable,
  { from, to }: { readonly from: Date; readonly to: Date },
  limit: number,
): Promise<Captured[]> {
  const isMissing = and(eq(payments.status, 'captured'), isNull(payments.feeBookedAt));
  const rows = await db
    .select({ orderId: payments.orderId, capturedAt: payments.capturedAt })
    .from(payments)
    .where(and(isMissing, gt(payments.capturedAt, from), lt(payments.capturedAt, to)))
    .orderBy(asc(payments.capturedAt))
    .limit(limit);
  return rows.flatMap(({ orderId, capturedAt }) => (capturedAt === null ? [] : [{ orderId, capturedAt }]));
}

export async function insertRefund(tx: Transaction, refund: typeof refunds.$inferInsert): Promise<RefundRow> {
  const [row] = await tx.insert(refunds).values(refund).returning();
  if (row === undefined) throw new Error(`refund ${refund.id} was not written`);
  return row;
}

export async function findRefund(db: Queryable, id: RefundId): Promise<RefundToMake | undefined> {
  const [refund] = await selectRefunds(db).where(eq(refunds.id, id));
  return refund;
}

/** By our id, or by Stripe's for one that was made there by hand. */
export async function findRefundOf(
  db: Queryable,
  paymentId: PaymentId,
  { refundId, stripeRefundId }: { readonly refundId: RefundId | null; readonly stripeRefundId: string },
): Promise<RefundRow | undefined> {
  const byStripe = eq(refunds.stripeRefundId, stripeRefundId);
  const either = refundId === null ? byStripe : or(byStripe, eq(refunds.id, refundId));
  const [refund] = await db
    .select()
    .from(refunds)
    .where(and(eq(refunds.paymentId, paymentId), either));
  return refund;
}

export async function updateRefund(
  tx: Transaction,
  id: RefundId,
  change: Partial<Pick<RefundRow, 'status' | 'stripeRefundId' | 'settledAt'>>,
): Promise<void> {
  await tx.update(refunds).set(change).where(eq(refunds.id, id));
}

/** Refunds that wait since before then, the oldest first. */
export async function findPendingRefunds(
  db: Queryable,
  before: Date,
  limit: number,
  after: RefundToMake | undefined,
): Promise<RefundToMake[]> {
  const beyond =
    after &&
    or(
      gt(refunds.createdAt, after.createdAt),
      and(eq(refunds.createdAt, after.createdAt), gt(refunds.id, after.id)),
    );
  return selectRefunds(db)
    .where(and(eq(refunds.status, 'pending'), lt(refunds.createdAt, before), beyond))
    .orderBy(asc(refunds.createdAt), asc(refunds.id))
    .limit(limit);
}

function selectRefunds(db: Queryable) {
  const { orderId, currency, stripePaymentIntentId } = payments;
  return db
    .select({ ...getTableColumns(refunds), orderId, currency, stripePaymentIntentId })
    .from(refunds)
    .innerJoin(payments, eq(payments.id, refunds.paymentId))
    .$dynamic();
}

export async function findDispute(db: Queryable, stripeDisputeId: string): Promise<DisputeRow | undefined> {
  const rows = await db.select().from(disputes).where(eq(disputes.stripeDisputeId, stripeDisputeId));
  return rows[0];
}

/** By our id, with the currency of its payment. */
export async function findDisputeById(db: Queryable, id: DisputeId) {
  const [row] = await db
    .select({ amountMinor: disputes.amountMinor, status: disputes.status, currency: payments.currency })
    .from(disputes)
    .innerJoin(payments, eq(payments.id, disputes.paymentId))
    .where(eq(disputes.id, id));
  return row;
}

export async function insertDispute(tx: Transaction, dispute: typeof disputes.$inferInsert): Promise<void> {
  await tx.insert(disputes).values(dispute);
}

export async function updateDispute(
  tx: Transaction,
  stripeDisputeId: string,
  change: Partial<Pick<DisputeRow, 'status' | 'closedAt' | 'amountMinor'>>,
): Promise<void> {
  await tx.update(disputes).set(change).where(eq(disputes.stripeDisputeId, stripeDisputeId));
}
