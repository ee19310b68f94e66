/**
 * Money that Stripe took for an order that had ended is for a person to look at: its message is parked at once. An
 * operator who has given it back sends the message again, which then has nothing left to complain of.
 */

import { AppError } from '#lib/problems.ts';
import { isGivenBack } from '#origin/payments/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const parkStranded: Consumer = {
  name: 'stranded-payments',
  filter: 'payment.stranded',
  handle: async (deps, { data }) => {
    if (!('paymentIntentId' in data)) return;
    if (await isGivenBack(deps, data.paymentIntentId)) return;
    throw new AppError('payment_stranded', { detail: `${data.paymentIntentId} of order ${data.orderId}` });
  },
};
