/** What was paid for has an invoice, once, with the next number. */

import { issueInvoice } from '#origin/documents/service.ts';
import { perOrder } from '#workers/per-order.ts';

export const numberInvoice = perOrder({
  name: 'invoices',
  filter: 'order.paid',
  act: async (deps, tx, { id }) => issueInvoice(deps, tx, id),
});
