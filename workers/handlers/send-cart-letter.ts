/** Reminds whoever wants to be reminded of a cart that they have left: once. */

import type { CartReminderId } from '#lib/ids.ts';
import { reminderLetterFor } from '#origin/cart-reminders/service.ts';
import { writeCartLetter } from '#workers/cart-letter.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';

const NAME = 'cart-email';

/** @param shopUrl where the shop's pages are, and the edge */
export function sendCartLetter(mailer: Mailer, shopUrl?: string): Consumer {
  return {
    name: NAME,
    filter: 'cart.*',
    handle: async (deps, { id, data }) => {
      if (!('reminderId' in data)) return;
      const reminderId = data.reminderId as CartReminderId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: reminderId }, async () => {
        const letter = await reminderLetterFor(deps, reminderId);
        if (letter === null) return;
        const messageId = `cart-${reminderId}@hotshelf`;
        await mailer.send({ to: letter.to, messageId, ...writeCartLetter(letter, shopUrl) });
      });
    },
  };
}
