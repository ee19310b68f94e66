/** What must hold of stock, money and events whatever has happened: the books of the shop and of Stripe, compared. */

import { expect } from 'bun:test';
import { sql } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { inventory } from '#db/schema/inventory.ts';
import { payments } from '#db/schema/payments.ts';
import { audit } from '#ops/audit/audit.ts';
import { sourcesOf, wrongIn } from './audited.ts';
import type { OriginUnderTest } from './origin.ts';

/**
 * By the auditor; what no worker has done yet is in flight.
 * @param provoked checks that the test breaks on purpose
 */
export async function checkBooks(shop: OriginUnderTest, provoked: readonly string[] = []): Promise<void> {
  const wrong = Object.entries(wrongIn(await audit({ ...sourcesOf(shop), natsUrl: null })));
  expect(wrong.filter(([name]) => !provoked.includes(name))).toEqual([]);
}

/** The stock of a variant as it is. */
export async function stockOf(db: Database, variantId: string) {
  const [row] = await db
    .select({ onHand: inventory.onHand, reserved: inventory.reserved })
    .from(inventory)
    .where(sql`${inventory.variantId} = ${variantId}`);
  return row;
}

/** The intent that Stripe holds for an order. */
export async function intentOf({ deps: { db } }: OriginUnderTest, orderId: string): Promise<string> {
  const [row] = await db
    .select({ id: payments.stripePaymentIntentId })
    .from(payments)
    .where(sql`${payments.orderId} = ${orderId}`);
  if (!row?.id) throw new Error(`order ${orderId} has no intent`);
  return row.id;
}

/** How many of an order's events of this name were written to the outbox. */
export async function toldTimes({ deps: { db } }: OriginUnderTest, name: string, orderId: string) {
  const [row] = await db.execute<{ times: number }>(sql`
    select count(*)::int as times from outbox where name = ${name} and data ->> 'orderId' = ${orderId}`);
  return row?.times ?? 0;
}
