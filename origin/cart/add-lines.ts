/** Variants into a cart, one or many, and why some of them cannot be. */

import type { Transaction } from '#db/client.ts';
import { MAX_LINE_QUANTITY } from '#db/schema/cart.ts';
import type { CartId, CartItemId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { type CartContents, findContents } from './saved-store.ts';
import * as store from './store.ts';

export const MAX_LINES = 100;

export interface AddedLine {
  /** Of the line that it becomes, where there is none of the variant. */
  readonly id: CartItemId;
  readonly variantId: VariantId;
  readonly quantity: number;
}

export interface Refusal {
  /** Which of those that were to be added. */
  readonly index: number;
  readonly problem: AppError;
}

export interface Added {
  /** As they are then. */
  readonly contents: CartContents;
  /** Whoever gets one takes the whole of the transaction back. */
  readonly refusals: readonly Refusal[];
}

/** In their order, under the cart's lock, and in one round trip. */
export async function addLines(
  tx: Transaction,
  cartId: CartId,
  lines: readonly AddedLine[],
  at: Date,
): Promise<Added> {
  const limits = { maxLines: MAX_LINES, maxQuantity: MAX_LINE_QUANTITY };
  const adding = lines.map((line) => store.addLine(tx, { ...line, cartId, at }, limits));
  const [areAdded, contents] = await Promise.all([Promise.all(adding), findContents(tx, cartId, at)]);
  const refusals = lines.flatMap((line, index) =>
    areAdded[index] === true ? [] : [{ index, problem: refusalOf(line, contents) }],
  );
  return { contents, refusals };
}

/** Why nothing was added to a cart that is so. */
function refusalOf({ variantId, quantity }: AddedLine, { lines }: CartContents): AppError {
  const line = lines.find((each) => each.variantId === variantId);
  if (line === undefined && lines.length >= MAX_LINES) {
    return new AppError('cart_full', { maxLines: MAX_LINES });
  }
  if ((line?.quantity ?? 0) + quantity > MAX_LINE_QUANTITY) {
    const message = `the cart would hold more than ${MAX_LINE_QUANTITY} of the variant`;
    return new AppError('invalid_input', { errors: [{ path: '/quantity', message }] });
  }
  return new AppError('variant_unavailable', { variantId });
}
