/** Edits of orders over HTTP. */

import { Elysia } from 'elysia';
import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { Order, OrderParams } from '#origin/orders/service.ts';
import { EditInput } from './model.ts';
import { askEdit, isStaffOfEdits } from './requests.ts';

export function orderEditRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'order-edits', prefix: '/api/v1/orders', normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/edits',
      async ({ body, caller, headers, params, request }) => {
        if (!isStaffOfEdits(caller)) await countCostly('checkout', request, caller);
        const asked = { orderId: params.id as OrderId, key: headers['idempotency-key'], input: body };
        return toResponse(await askEdit(forRequest(deps, request), caller, asked));
      },
      {
        access: 'anyone',
        params: OrderParams,
        headers: IdempotencyHeader,
        body: EditInput,
        detail: operation({
          id: 'editOrder',
          summary: 'Take units off a paid order, or send it to another address',
          description:
            'What was charged for the units goes back. The address stays in its country, region and shipping zone, for ' +
            'taxes and shipping hang on them. By its owner while nothing is packed (a guest sends the `Cart-Token`), and ' +
            'as long as what is left meets what the order was priced by: a discount that still takes something off ' +
            'has goods that it is for, its minimum of them, and, where units are given for others, as many of those ' +
            'as earn the given ones that stay; shipping would not cost more; a price for many has as many. Else ' +
            '`edit_breaks_terms` tells the `term`: `discount` or `shipping` with its `name`, `price` with the ' +
            '`itemId`. By an admin whatever the terms, as far as units are not packed. What was bought stays on the order as it was: `edits` and ' +
            '`items[].units.removed` say what has changed.',
          tag: 'Orders',
          success: { status: 200, description: 'The order, with the edit in it.', schema: Order },
          failures: [
            ...(['unauthenticated', 'order_not_found', 'order_item_not_found'] as const),
            ...(['order_not_editable', 'edit_costs_more', 'edit_leaves_nothing'] as const),
            ...(['edit_breaks_terms', 'edit_moves_order', 'units_not_left'] as const),
            'order_edits_full',
            ...IDEMPOTENCY_FAILURES,
          ],
        }),
      },
    );
}
