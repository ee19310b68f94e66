/** Returns over HTTP: asked for by shoppers, decided by whoever sold the goods, refunded by admins. */

import { Elysia } from 'elysia';
import type { OrderId, ReturnId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import type { ProblemCode } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { OrderParams, Return } from '#origin/orders/service.ts';
import {
  OwnReturnParams,
  ReceiptInput,
  Rejection,
  ReturnInput,
  ReturnParams,
  ReturnRefundBody,
} from './model.ts';
import { receiveReturn } from './receive-return.ts';
import { refundReturn } from './refund-return.ts';
import { askReturn, askWithdrawal, asStaff } from './requests.ts';
import { authoriseReturn, rejectReturn } from './service.ts';

export function returnRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'returns', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .use(ofShoppers(deps, tokens))
    .use(decisions(deps, tokens))
    .use(ends(deps, tokens));
}

function ofShoppers(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'returns-of-shoppers', prefix: '/orders/:id/returns', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, headers, params, request }) => {
        await countCostly('checkout', request, caller);
        const asked = { orderId: params.id as OrderId, key: headers['idempotency-key'], input: body };
        return toResponse(await askReturn(forRequest(deps, request), caller, asked));
      },
      {
        access: 'anyone',
        params: OrderParams,
        headers: IdempotencyHeader,
        body: ReturnInput,
        detail: operation({
          id: 'requestReturn',
          summary: 'Ask to send goods back',
          description:
            'Units that have left, within the return window; for their money, or for a replacement. A guest sends ' +
            'the `Cart-Token`.',
          tag: 'Orders',
          success: { status: 201, description: 'The return.', schema: Return },
          failures: [
            ...(['unauthenticated', 'order_not_found', 'order_item_not_found'] as const),
            ...(['return_too_large', 'return_window_closed', 'returns_full'] as const),
            ...(['exchange_not_offered', 'exchange_costs_more'] as const),
            ...IDEMPOTENCY_FAILURES,
          ],
        }),
      },
    )
    .post(
      '/:returnId/withdraw',
      async ({ caller, params, request }) => {
        const name = { orderId: params.id as OrderId, returnId: params.returnId as ReturnId };
        return Response.json(await askWithdrawal(forRequest(deps, request), caller, name), {
          headers: PRIVATE,
        });
      },
      {
        access: 'anyone',
        params: OwnReturnParams,
        detail: operation({
          id: 'withdrawReturn',
          summary: 'Keep the goods after all',
          description: 'Until the goods have come back.',
          tag: 'Orders',
          success: RETURN,
          failures: ['unauthenticated', 'order_not_found', 'return_not_found', 'return_step_refused'],
        }),
      },
    );
}

function decisions(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'return-decisions', prefix: OF_STAFF, normalize: false })
    .use(auth(tokens))
    .post(
      '/authorise',
      async ({ caller, params, request }) => {
        const [at, name] = [forRequest(deps, request), nameOf(params)];
        return answer(await asStaff(at, name, authoriseReturn(at, signedIn(caller), name)));
      },
      {
        access: 'returns:write',
        params: ReturnParams,
        detail: documented('authoriseReturn', {
          summary: 'Let goods come back',
          description: 'The shopper hears of it, and sends them; the money waits until they have come.',
        }),
      },
    )
    .post(
      '/reject',
      async ({ body, caller, params, request }) => {
        const [at, name] = [forRequest(deps, request), nameOf(params)];
        return answer(await asStaff(at, name, rejectReturn(at, signedIn(caller), { ...name, ...body })));
      },
      {
        access: 'returns:write',
        params: ReturnParams,
        body: Rejection,
        detail: documented('rejectReturn', {
          summary: 'Refuse a return, and say why',
          description: 'The shopper reads the answer.',
        }),
      },
    );
}

function ends(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'return-ends', prefix: OF_STAFF, normalize: false })
    .use(auth(tokens))
    .post(
      '/receive',
      async ({ body, caller, params, request }) => {
        const [at, name] = [forRequest(deps, request), nameOf(params)];
        return answer(await asStaff(at, name, receiveReturn(at, signedIn(caller), { ...name, ...body })));
      },
      {
        access: 'returns:write',
        params: ReturnParams,
        body: ReceiptInput,
        detail: documented('receiveReturn', {
          summary: 'Say what has come back, and whether it can be sold again',
          description:
            '`restock` puts units back on sale, `writeOff` does not; what is not named did not come. Replacements that ' +
            'were asked for are reserved, and placed as an order of their own: `exchangeOrderId`; but none that ' +
            "there is none left of, or that is not covered by what is left of the order's money.",
          failures: [
            ...(['order_item_not_found', 'return_too_large'] as const),
            ...(['stock_location_not_found', 'stock_location_inactive'] as const),
          ],
        }),
      },
    )
    .post(
      '/refund',
      async ({ body, caller, params, request }) => {
        const [at, name] = [forRequest(deps, request), nameOf(params)];
        const amount = body?.amount === undefined ? null : minor(body.amount);
        return answer(await asStaff(at, name, refundReturn(at, signedIn(caller), { ...name, amount })));
      },
      {
        access: 'orders:refund',
        params: ReturnParams,
        body: ReturnRefundBody,
        detail: documented('refundReturn', {
          summary: 'Give back the money of what has come back',
          description:
            'Once for each return: again, it makes no other refund. Of replacements, what paid for them goes back, by ' +
            'the payment of the order that was charged.',
          failures: [
            ...(['nothing_to_refund', 'refund_too_large'] as const),
            ...(['refund_refused', 'payments_unavailable'] as const),
          ],
        }),
      },
    );
}

const OF_STAFF = '/sales/:orderId/returns/:returnId';
const RETURN = { status: 200, description: 'The return as it is then.', schema: Return };

function nameOf({ orderId, returnId }: { readonly orderId: string; readonly returnId: string }) {
  return { orderId: orderId as OrderId, returnId: returnId as ReturnId };
}

const answer = (found: Return) => Response.json(found, { headers: PRIVATE });

interface Documented {
  readonly summary: string;
  readonly description?: string;
  readonly failures?: readonly ProblemCode[];
}

function documented(id: string, { failures = [], ...rest }: Documented) {
  return operation({
    ...{ id, ...rest, tag: 'Orders', success: RETURN },
    failures: [
      ...(['unauthenticated', 'forbidden', 'order_not_found', 'return_not_found'] as const),
      ...['return_step_refused' as const, ...failures],
    ],
  });
}
