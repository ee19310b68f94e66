/** Products whose time has come. */

import { and, asc, eq, lte } from 'drizzle-orm';
import type { Transaction } from './client.ts';
import { products } from './schema/catalog.ts';

/** The oldest first; what another process is at is passed over. */
export async function lockDue(tx: Transaction, now: Date, limit: number) {
  return tx
    .select({ id: products.id })
    .from(products)
    .where(and(eq(products.status, 'scheduled'), lte(products.publishAt, now)))
    .orderBy(asc(products.publishAt))
    .limit(limit)
    .for('update', { skipLocked: true });
}
