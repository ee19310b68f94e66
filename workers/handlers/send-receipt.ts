/** One confirmation email for each paid order. */

import { isErasedEmail } from '#lib/erased.ts';
import type { OrderId } from '#lib/ids.ts';
import { readReceipt } from '#origin/orders/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeReceipt } from '#workers/receipt.ts';

const NAME = 'email';

export function sendReceipt(mailer: Mailer, shopUrl?: string): Consumer {
  return {
    name: NAME,
    filter: 'order.paid',
    handle: async (deps, { id, data }) => {
      if (!('orderId' in data)) return;
      const orderId = data.orderId as OrderId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: orderId }, async () => {
        const receipt = await readReceipt(deps, orderId);
        if (isErasedEmail(receipt.order.email)) return;
        const messageId = `order-${orderId}@hotshelf`;
        await mailer.send({ to: receipt.order.email, messageId, ...writeReceipt(receipt, shopUrl) });
      });
    },
  };
}
