/**
 * Mails an account's owner what concerns them. A letter that is sent once more after a crash has a token of its own, and
 * the one before is worth nothing then.
 */

import { wasHandled } from '#db/outbox.ts';
import type { UserId } from '#lib/ids.ts';
import { letterFor } from '#origin/credentials/service.ts';
import { writeAccountLetter } from '#workers/account-letter.ts';
import type { Consumer } from '#workers/consumer.ts';
import type { Mailer } from '#workers/mailer.ts';

const NAME = 'account-email';

export function sendAccountLetter(mailer: Mailer, shopUrl?: string): Consumer {
  return {
    name: NAME,
    filter: 'account.*',
    handle: async (deps, { id, name, data }) => {
      if (!('userId' in data) || (await wasHandled(deps.db, NAME, id))) return;
      const letter = await letterFor(deps, { id, name, userId: data.userId as UserId });
      if (letter === null) return;
      const messageId = `account-${id}@hotshelf`;
      await mailer.send({ to: letter.to, messageId, ...writeAccountLetter(letter, shopUrl) });
    },
  };
}
