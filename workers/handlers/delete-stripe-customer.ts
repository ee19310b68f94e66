/** Whoever was taken out of the shop goes from Stripe as well, with every card that it kept for them. */

import type { UserId } from '#lib/ids.ts';
import { deleteStripeCustomer as deleteCustomer } from '#origin/privacy/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const deleteStripeCustomer: Consumer = {
  name: 'stripe-customers',
  filter: 'account.erased',
  handle: async (deps, { data }) => {
    if ('userId' in data) await deleteCustomer(deps, data.userId as UserId);
  },
};
