/** Every query of second factors. */

import { and, eq, isNotNull } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { recoveryCodes, secondFactors } from '#db/schema/second-factor.ts';
import type { UserId } from '#lib/ids.ts';

export type FactorRow = typeof secondFactors.$inferSelect;

export async function findFactor(db: Queryable, userId: UserId): Promise<FactorRow | undefined> {
  const [row] = await db.select().from(secondFactors).where(eq(secondFactors.userId, userId));
  return row;
}

/** Attempts take turns: however many come at once, each sees what those before it have spent. */
export async function lockFactor(tx: Transaction, userId: UserId): Promise<FactorRow | undefined> {
  const [row] = await tx.select().from(secondFactors).where(eq(secondFactors.userId, userId)).for('update');
  return row;
}

export async function isEnabled(db: Queryable, userId: UserId): Promise<boolean> {
  const enabled = and(eq(secondFactors.userId, userId), isNotNull(secondFactors.enabledAt));
  return (await db.$count(secondFactors, enabled)) > 0;
}

/** In place of one that was begun and never confirmed. What was guessed at that one still counts. */
export async function beginFactor(
  tx: Transaction,
  factor: Pick<FactorRow, 'userId' | 'secret' | 'createdAt'>,
): Promise<void> {
  const { secret, createdAt } = factor;
  await tx
    .insert(secondFactors)
    .values(factor)
    .onConflictDoUpdate({ target: secondFactors.userId, set: { secret, createdAt } });
}

export async function updateFactor(
  tx: Transaction,
  userId: UserId,
  change: Partial<Pick<FactorRow, 'enabledAt' | 'lastStep' | 'failures' | 'blockedUntil'>>,
): Promise<void> {
  await tx.update(secondFactors).set(change).where(eq(secondFactors.userId, userId));
}

export async function deleteFactor(tx: Transaction, userId: UserId): Promise<void> {
  await tx.delete(secondFactors).where(eq(secondFactors.userId, userId));
}

export async function replaceCodes(
  tx: Transaction,
  userId: UserId,
  hashes: readonly Uint8Array[],
): Promise<void> {
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await tx.insert(recoveryCodes).values(hashes.map((codeHash) => ({ userId, codeHash })));
}

/** True for the one that gets it. */
export async function useCode(tx: Transaction, userId: UserId, codeHash: Uint8Array): Promise<boolean> {
  const rows = await tx
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.codeHash, codeHash)))
    .returning({ userId: recoveryCodes.userId });
  return rows.length === 1;
}

export async function countCodes(db: Queryable, userId: UserId): Promise<number> {
  return db.$count(recoveryCodes, eq(recoveryCodes.userId, userId));
}
