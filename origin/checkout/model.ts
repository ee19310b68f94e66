/** What checkout takes and answers. */

import { type Static, t } from 'elysia';
import { Email } from '#origin/accounts/service.ts';
import { MAX_QUOTE_LENGTH } from '#origin/cart/service.ts';
import { closedObject, Uuid } from '#origin/http/schemas.ts';
import { AddressInput, Order } from '#origin/orders/service.ts';

const UUID_PATTERN = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const MAX_PAYMENT_METHOD_LENGTH = 100;

export const CheckoutRequest = closedObject(
  {
    cartId: Uuid,
    email: Email,
    shippingAddress: AddressInput,
    paymentMethodId: t.String({
      pattern: `^(?:pm_\\w+|${UUID_PATTERN})$`,
      maxLength: MAX_PAYMENT_METHOD_LENGTH,
      error: "must be a Stripe PaymentMethod's id (pm_...) or the id of a saved one",
      description:
        "From Stripe's own fields in the browser, or the `id` of a saved payment method; card data never comes here.",
    }),
    quote: t.Optional(
      t.String({
        minLength: 1,
        maxLength: MAX_QUOTE_LENGTH,
        description:
          "The cart's `quote.token`: its total is charged, or nothing is. Without one, the prices count at which the variants were put into the cart, and nothing but them is charged.",
      }),
    ),
  },
  {
    examples: [
      {
        cartId: '01890a5d-ac96-774b-bcce-b302099a8070',
        email: 'ada@example.com',
        shippingAddress: {
          name: 'Ada Lovelace',
          line1: '350 Fifth Avenue',
          city: 'New York',
          region: 'NY',
          postalCode: '10001',
          country: 'US',
        },
        paymentMethodId: 'pm_card_visa',
      },
    ],
  },
);
export type CheckoutRequest = Static<typeof CheckoutRequest>;

export const OrderToConfirm = t.Object(
  { ...Order.properties, clientSecret: t.String({ description: "For Stripe's `handleNextAction`." }) },
  {
    examples: [
      { ...(Order['examples']?.[0] ?? {}), status: 'requires_action', clientSecret: 'pi_1_secret_2' },
    ],
  },
);
