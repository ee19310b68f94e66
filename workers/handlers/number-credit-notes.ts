/** What has gone back has a credit note, once, with the next number. */

import { issueCreditNotes } from '#origin/documents/service.ts';
import { perOrder } from '#workers/per-order.ts';

export const numberCreditNotes = perOrder({
  name: 'credit-notes',
  filter: 'refund.succeeded',
  act: async (deps, tx, { id }) => issueCreditNotes(deps, tx, id),
});
