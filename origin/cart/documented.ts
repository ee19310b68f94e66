/** What the operations of carts say of themselves in the API's document. */

import type { ProblemCode } from '#lib/problems.ts';
import { operation } from '#origin/http/openapi.ts';
import { Cart, CartItemParams, CartParams, CodeParams } from './model.ts';

export const CART = { status: 200, description: 'The cart.', schema: Cart };
const CHANGE_FAILURES = [
  'unauthenticated',
  'cart_not_found',
  'cart_completed',
  'cart_merged',
  'checkout_in_progress',
  'total_not_chargeable',
] as const;

export const OWN_CART = { access: 'anyone', params: CartParams } as const;
export const OWN_ITEM = { access: 'anyone', params: CartItemParams } as const;
export const OWN_CODE = { access: 'anyone', params: CodeParams } as const;

interface CartChanged {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** Beside those of every change. */
  readonly failures?: readonly ProblemCode[];
}

/** What changes a cart answers it. */
export function changing({ failures = [], ...said }: CartChanged) {
  return operation({ ...said, tag: 'Cart', success: CART, failures: [...CHANGE_FAILURES, ...failures] });
}
