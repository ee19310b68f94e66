/**
 * One confirmation email for each paid order. No transaction can hold a mail: it is marked as sent once the
 * server has taken it, and a crash in between sends it again under the same message id.
 */

import { markHandled, wasHandled } from '#db/outbox.ts';
import type { OrderId } from '#lib/ids.ts';
import { readReceipt } from '#origin/orders/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeReceipt } from '#workers/receipt.ts';

const NAME = 'email';

export function sendReceipt(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'order.paid',
    handle: async (deps, { id, data }) => {
      if (!('orderId' in data)) return;
      const orderId = data.orderId as OrderId;
      if (await wasHandled(deps.db, NAME, id)) return;
      const receipt = await readReceipt(deps, orderId);
      const messageId = `order-${orderId}@hotshelf`;
      await mailer.send({ to: receipt.order.email, messageId, ...writeReceipt(receipt) });
      await markHandled(deps.db, NAME, id);
    },
  };
}
