/** What saved payment methods take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { closedObject, page, Uuid } from '#origin/http/schemas.ts';

const MAX_STRIPE_ID_LENGTH = 100;

export const NewPaymentMethod = closedObject(
  {
    paymentMethodId: t.String({
      pattern: '^pm_\\w+$',
      maxLength: MAX_STRIPE_ID_LENGTH,
      error: "must be a Stripe PaymentMethod's id: pm_...",
      description: "From Stripe's own fields in the browser; card data never comes here.",
    }),
  },
  { examples: [{ paymentMethodId: 'pm_card_visa' }] },
);

export const PaymentMethod = t.Object(
  {
    id: Uuid,
    brand: t.String(),
    lastFour: t.String({ pattern: '^[0-9]{4}$' }),
    expMonth: Type.Integer({ minimum: 1, maximum: 12 }),
    expYear: Type.Integer(),
  },
  {
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8090',
        brand: 'visa',
        lastFour: '4242',
        expMonth: 12,
        expYear: 2034,
      },
    ],
  },
);
export type PaymentMethod = Static<typeof PaymentMethod>;

/** All of them: nobody has more than fit into one page. */
export const PaymentMethodPage = page(PaymentMethod);
export type PaymentMethodPage = Static<typeof PaymentMethodPage>;

export const PaymentMethodParams = closedObject({ id: Uuid });
