/** Tells a shopper that an order of theirs was changed: one email for each edit. */

import { isErasedEmail } from '#lib/erased.ts';
import type { OrderEditId, OrderId } from '#lib/ids.ts';
import { readEdit } from '#origin/order-edits/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { writeEditLetter } from '#workers/edit-letter.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';

const NAME = 'edit-email';

export function sendEditLetter(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'order.edited',
    handle: async (deps, { id, data }) => {
      if (!('editId' in data)) return;
      const editId = data.editId as OrderEditId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: editId }, async () => {
        const found = await readEdit(deps, { orderId: data.orderId as OrderId, editId });
        const { email: to } = found.order;
        if (isErasedEmail(to)) return;
        const messageId = `order.edited-${editId}@hotshelf`;
        await mailer.send({ to, messageId, ...writeEditLetter(found) });
      });
    },
  };
}
