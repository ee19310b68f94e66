/** Every query of payments. */

import { eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { payments } from '#db/schema/payments.ts';
import type { OrderId } from '#lib/ids.ts';

export type PaymentRow = typeof payments.$inferSelect;

export async function insertPayment(tx: Transaction, payment: typeof payments.$inferInsert): Promise<void> {
  await tx.insert(payments).values(payment);
}

export async function findPayment(db: Queryable, orderId: OrderId): Promise<PaymentRow | undefined> {
  const [payment] = await db.select().from(payments).where(eq(payments.orderId, orderId));
  return payment;
}

export async function updatePayment(
  db: Queryable,
  orderId: OrderId,
  change: Partial<Omit<typeof payments.$inferInsert, 'id' | 'orderId'>>,
): Promise<void> {
  await db.update(payments).set(change).where(eq(payments.orderId, orderId));
}
