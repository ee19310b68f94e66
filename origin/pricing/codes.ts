/** What becomes of the codes that a shopper has entered, and the uses that orders have of them. */

import { createHash } from 'node:crypto';
import type { Transaction } from '#db/client.ts';
import type { DiscountId, UserId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { AppliedDiscount, Basket, Benefit, Discount } from './basket.ts';
import { type Obstacle, whyNot } from './discounts.ts';
import type { DiscountRow, FoundRules } from './store.ts';
import { claimUse } from './uses-store.ts';

export type CodeObstacle =
  | Obstacle
  | { readonly kind: 'unknown' | 'not_in_force' | 'used_up' | 'currency' }
  /** Another discount, with which it does not go, is worth more. */
  | { readonly kind: 'outdone' };

export interface CodeState {
  readonly code: string;
  /** Null for one that applies. */
  readonly obstacle: CodeObstacle | null;
}

export function toDiscount(row: DiscountRow): Discount {
  return { ...row, benefit: benefitOf(row) };
}

/** The table's constraints say which columns each kind has. */
function benefitOf({ kind, ppm, amountMinor, buy, get }: DiscountRow): Benefit {
  switch (kind) {
    case 'percent':
      return { kind, ppm: ppm ?? 0 };
    case 'amount':
      return { kind, amountMinor: amountMinor ?? minor(0) };
    case 'buy_get':
      return { kind, buy: buy ?? 1, get: get ?? 1, ppm: ppm ?? 0 };
    case 'free_shipping':
      return { kind };
  }
}

/** What keeps a code's discount from a cart in that currency, whatever is in the cart. */
export function barOf(row: DiscountRow, currency: string): CodeObstacle | null {
  if (!row.isInForce) return { kind: 'not_in_force' };
  if (row.isUsedUp) return { kind: 'used_up' };
  return row.currency !== null && row.currency !== currency ? { kind: 'currency' } : null;
}

/** Of each code that the cart has, whether its discount applies, or why not. */
export function codeStates(
  { codes, discounts }: FoundRules,
  {
    basket,
    currency,
    applied,
  }: { readonly basket: Basket; readonly currency: string; readonly applied: readonly AppliedDiscount[] },
): CodeState[] {
  return codes.map((code) => {
    const row = discounts.find((each) => each.code === code);
    if (row === undefined) return { code, obstacle: { kind: 'unknown' } };
    const obstacle = barOf(row, currency) ?? whyNot(toDiscount(row), basket);
    if (obstacle !== null) return { code, obstacle };
    const isApplied = applied.some(({ discount }) => discount.id === row.id);
    return { code, obstacle: isApplied ? null : { kind: 'outdone' } };
  });
}

/**
 * Whoever uses a code: an account, or the email of a guest. Uses are kept by what they were made as, and limited for
 * both together where the email is that of the account.
 */
export type CodeUser = { readonly userId: UserId } | { readonly email: string };

/** A digest, other with each discount: it tells whether somebody has used a code, and nothing else of them. */
export function customerKey(discountId: DiscountId, user: CodeUser): Uint8Array {
  const who = 'userId' in user ? `user ${user.userId}` : `email ${user.email}`;
  return createHash('sha256').update(`${discountId} ${who}`).digest();
}

/**
 * Counts a use of each code that applies, in one order of all transactions. Others who want the same code wait until
 * this one has ended.
 * @throws {AppError} `code_used_up`
 */
export async function claimCodes(
  tx: Transaction,
  applied: readonly AppliedDiscount[],
  user: CodeUser,
): Promise<void> {
  const byId = applied
    .map(({ discount }) => discount)
    .filter(({ code }) => code !== null)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const outcomes = await Promise.all(
    byId.map(async ({ id, code }) => ({
      code,
      outcome: await claimUse(tx, {
        ...{ discountId: id, customer: customerKey(id, user) },
        userId: 'userId' in user ? user.userId : null,
        email: 'email' in user ? user.email : null,
      }),
    })),
  );
  const refused = outcomes.find(({ outcome }) => outcome !== 'granted');
  if (refused === undefined) return;
  throw new AppError('code_used_up', {
    discountCode: refused.code,
    by: refused.outcome === 'used_up' ? 'everybody' : 'customer',
  });
}
