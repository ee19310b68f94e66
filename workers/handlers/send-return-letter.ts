/** Tells a shopper of each step of a return of theirs: one email each. */

import { isErasedEmail } from '#lib/erased.ts';
import type { OrderId, ReturnId } from '#lib/ids.ts';
import { readReturn } from '#origin/returns/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';
import { isReturnNews, writeReturnLetter } from '#workers/return-letter.ts';

const NAME = 'return-email';

export function sendReturnLetter(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'return.*',
    handle: async (deps, { id, name, data }) => {
      if (!isReturnNews(name) || !('returnId' in data)) return;
      const returnId = data.returnId as ReturnId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: returnId }, async () => {
        const found = await readReturn(deps, { orderId: data.orderId as OrderId, returnId });
        const { email: to } = found.order;
        if (isErasedEmail(to)) return;
        const messageId = `${name}-${returnId}@hotshelf`;
        await mailer.send({ to, messageId, ...writeReturnLetter(name, found) });
      });
    },
  };
}
