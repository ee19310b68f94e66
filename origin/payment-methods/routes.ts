/** Saved payment methods over HTTP. */

import { Elysia } from 'elysia';
import type { SavedPaymentMethodId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { NewPaymentMethod, PaymentMethod, PaymentMethodPage, PaymentMethodParams } from './model.ts';
import { deletePaymentMethod, listPaymentMethods, savePaymentMethod } from './service.ts';

export function paymentMethodRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'payment-methods', prefix: '/api/v1/payment-methods', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .post(
      '',
      async ({ body, caller, request, set }) => {
        // The bank is asked about the card: whoever tries out cards must find this no wider than checkout.
        await countCostly('checkout', request, caller);
        const scoped = forRequest(deps, request);
        const { method, isNew } = await savePaymentMethod(scoped, signedIn(caller), body.paymentMethodId);
        set.status = isNew ? 201 : 200;
        return method;
      },
      {
        access: 'user',
        body: NewPaymentMethod,
        detail: operation({
          id: 'savePaymentMethod',
          summary: 'Keep a card for the next time',
          description: 'Needs no Idempotency-Key: the same card is kept once, however often it is sent.',
          tag: 'Checkout',
          success: [
            { status: 200, description: 'The card was there already.', schema: PaymentMethod },
            { status: 201, description: 'The card.', schema: PaymentMethod },
          ],
          failures: ['unauthenticated', 'card_declined', 'payment_methods_full', 'payments_unavailable'],
        }),
      },
    )
    .get('', async ({ caller }) => listPaymentMethods(deps, signedIn(caller)), {
      access: 'user',
      detail: operation({
        id: 'listPaymentMethods',
        summary: 'Your cards',
        description: "Brand, last four digits and when they expire. The numbers are Stripe's alone.",
        tag: 'Checkout',
        success: { status: 200, description: 'All of them.', schema: PaymentMethodPage },
        failures: ['unauthenticated'],
      }),
    })
    .delete(
      '/:id',
      async ({ caller, params, request, set }) => {
        const id = params.id as SavedPaymentMethodId;
        await deletePaymentMethod(forRequest(deps, request), signedIn(caller), id);
        set.status = 204;
      },
      {
        access: 'user',
        params: PaymentMethodParams,
        detail: operation({
          id: 'deletePaymentMethod',
          summary: 'Forget a card',
          description: 'Orders that were paid by it can still be refunded.',
          tag: 'Checkout',
          success: { status: 204, description: 'It is forgotten, here and at Stripe.' },
          failures: ['unauthenticated', 'payment_method_not_found', 'payments_unavailable'],
        }),
      },
    );
}
