/** Checkout: from a cart to a paid order, exactly once, however often and at however many places it is asked. */

import type { StoredAnswer } from '#db/idempotency.ts';
import type { CartId, OrderId } from '#lib/ids.ts';
import { AppError, type ProblemCode } from '#lib/problems.ts';
import { beyondRequest } from '#origin/adapters/time-left.ts';
import { requireOwnCart } from '#origin/cart/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { AttemptUndone, once } from '#origin/http/idempotency.ts';
import { orderById } from '#origin/orders/service.ts';
import { meansOf } from '#origin/payment-methods/service.ts';
import {
  abandon,
  createIntent,
  declineCodeOf,
  ensureIntent,
  type Intent,
  type NewIntent,
  settle,
} from '#origin/payments/service.ts';
import type { CheckoutRequest } from './model.ts';
import { type Placement, placeOnce } from './place-order.ts';

const CREATED = 201;
const OK = 200;
/** With these the payment cannot go on, whoever asks again. */
const MEANS_REFUSED: ReadonlySet<ProblemCode> = new Set(['invalid_input', 'payment_method_not_found']);

/**
 * Answers 201 with the order, or 200 with a client secret when the bank wants to see the shopper first.
 * @throws {AppError} `cart_not_found`, `card_declined`, `payments_unavailable`, and what {@link placeOnce}
 * and the Idempotency-Key refuse
 */
export async function checkOut(
  deps: Deps,
  caller: Caller,
  idempotencyKey: string | undefined,
  request: CheckoutRequest,
): Promise<StoredAnswer> {
  const cartId = request.cartId as CartId;
  await requireOwnCart(deps.db, caller, cartId);
  const scope = caller.kind === 'user' ? `user:${caller.userId}` : `cart:${cartId}`;
  try {
    return await once<OrderId>(
      deps,
      { scope, key: idempotencyKey, payload: request },
      async (orderId, isFirst) => {
        const placement = { orderId, isFirst, caller, request };
        const toPay = await placeOnce(deps, placement);
        const intentId = await intentOrUndo(deps, orderId, toPay);
        // From here on money moves: whatever becomes of the request, this is finished.
        return beyondRequest(async () => answer(deps, orderId, await pay(deps, placement, intentId)));
      },
    );
  } finally {
    // A checkout that was declined has written, too.
    await deps.ownWrites.note(caller);
  }
}

/** Charges the order unless its payment has ended already. Null when it had. */
async function pay(
  deps: Deps,
  { orderId, caller, request }: Placement,
  intentId: string | null,
): Promise<Intent | null> {
  if (intentId === null) return null;
  try {
    const means = await meansOf(deps.db, caller, request.paymentMethodId);
    const intent = await deps.payments.confirm(intentId, means.stripePaymentMethodId, means.customerId);
    return await settle(deps, orderId, intent, 'shopper');
  } catch (error) {
    if (!(error instanceof AppError) || !MEANS_REFUSED.has(error.code)) throw error;
    const ended = await settle(deps, orderId, await deps.payments.cancel(intentId), 'shopper');
    // An earlier run may have charged a card that its owner has taken away since.
    if (ended.state.kind === 'succeeded') return ended;
    throw error;
  }
}

/** Without an intent nothing can be charged: the order is taken back, and a repetition starts afresh. */
async function intentOrUndo(deps: Deps, orderId: OrderId, toPay: NewIntent | null): Promise<string | null> {
  try {
    return await (toPay === null ? ensureIntent(deps, orderId) : createIntent(deps, toPay));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await beyondRequest(() => abandon(deps, orderId, 'shopper'));
    throw new AttemptUndone(error.code, error.extras);
  }
}

async function answer(deps: Deps, orderId: OrderId, intent: Intent | null): Promise<StoredAnswer> {
  const order = await orderById(deps.db, orderId);
  if (order.status === 'payment_failed') {
    throw new AppError('card_declined', { orderId, declineCode: await declineCodeOf(deps, orderId) });
  }
  if (order.status === 'cancelled') throw new AppError('order_cancelled', { orderId });
  if (intent?.state.kind === 'requires_action') {
    return { status: OK, body: { ...order, clientSecret: intent.state.clientSecret } };
  }
  return { status: CREATED, body: order };
}
