/** What refunds and cancellations take, and what asking for a payment answers. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { closedObject } from '#origin/http/schemas.ts';
import { Order } from '#origin/orders/service.ts';

const MAX_REASON_LENGTH = 500;
const MAX_AMOUNT_MINOR = 99_999_999;

const Reason = t.String({
  maxLength: MAX_REASON_LENGTH,
  description: "For people; shown with the refund and, where it is staff's, on the time line.",
});
const Amount = Type.Integer({ minimum: 1, maximum: MAX_AMOUNT_MINOR });

const RefundFields = closedObject({
  amount: t.Optional(
    t.Union([Amount, closedObject({ amount: Amount, currency: t.String({ pattern: '^[A-Z]{3}$' }) })], {
      description:
        "In minor units of the order's currency, alone or as money. All that is left and pays for no replacement, " +
        'if not given.',
      error: `must be a whole number from 1 to ${MAX_AMOUNT_MINOR}, or money of such an amount`,
    }),
  ),
  reason: t.Optional(Reason),
});

/** No body at all stands for an empty one. */
export const RefundBody = t.Union([RefundFields, t.Null()], {
  examples: [{ amount: 500, reason: 'A scratch on the lid' }],
});
export type RefundBody = Static<typeof RefundBody>;

export const CancelBody = t.Union([closedObject({ reason: t.Optional(Reason) }), t.Null()], {
  examples: [{ reason: 'Ordered twice' }],
});

const [orderExample = {}]: object[] = Order['examples'] ?? [];

/** An order, and what its shopper's browser needs while their bank wants to see them. */
export const OrderPayment = t.Object(
  {
    ...Order.properties,
    clientSecret: t.Union([t.String(), t.Null()], { description: "For Stripe's `handleNextAction`." }),
  },
  { examples: [{ ...orderExample, clientSecret: null }] },
);
