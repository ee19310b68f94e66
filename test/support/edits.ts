/** Edits of orders, as their owners and staff ask for them over HTTP. */

import type { Answer, Reachable } from './origin.ts';
import type { Owner } from './shopping.ts';

export interface Edit {
  readonly items?: readonly { readonly itemId: string; readonly quantity: number }[];
  readonly shippingAddress?: object;
}

export function edit(
  shop: Reachable,
  { orderId, owner }: { readonly orderId: string; readonly owner: Owner },
  { key = crypto.randomUUID() as string, ...body }: Edit & { readonly key?: string },
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return shop.call(`/api/v1/orders/${orderId}/edits`, { method: 'POST', ...owner, headers, body });
}
