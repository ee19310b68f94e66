/** Finding the customer that a parameter names; a deleted one counts as missing. */

import type Stripe from 'stripe';
import { missingReference } from './errors.ts';
import type { Store } from './store.ts';

/** The note beside a customer that was deleted: Stripe still answers its id. */
export const DELETED_NOTE = 'deleted';

/** @throws {StripeDoubleError} 400 `resource_missing` with `param` `customer`. */
export function requireCustomer(store: Store, id: string): Stripe.Customer {
  const customer = store.find('customer', id);
  if (customer === null || store.note(id) === DELETED_NOTE)
    throw missingReference('customer', id, 'customer');
  return customer;
}
