/**
 * Mails an account's owner what concerns them. A letter that is sent once more after a crash has a token of its own, and
 * the one before is worth nothing then.
 */

import type { UserId } from '#lib/ids.ts';
import { letterFor } from '#origin/credentials/service.ts';
import { writeAccountLetter } from '#workers/account-letter.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';

const NAME = 'account-email';

/** @param shopUrl where the shop's pages are */
export function sendAccountLetter(mailer: Mailer, shopUrl?: string): Consumer {
  return {
    name: NAME,
    filter: 'account.*',
    handle: async (deps, { id, name, data }) => {
      if (!('userId' in data)) return;
      const userId = data.userId as UserId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: id }, async () => {
        const letter = await letterFor(deps, { id, name, userId });
        if (letter === null) return;
        const messageId = `account-${id}@hotshelf`;
        await mailer.send({ to: letter.to, messageId, ...writeAccountLetter(letter, shopUrl) });
      });
    },
  };
}
