/** Asks an address whether it wants to be told, and tells whoever waits that something is back in stock: once. */

import type { StockNoticeId } from '#lib/ids.ts';
import { stockLetterFor } from '#origin/stock-notices/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeStockLetter } from '#workers/stock-letter.ts';

const NAME = 'stock-email';

/** @param shopUrl where the shop's pages are, and the edge */
export function sendStockLetter(mailer: Mailer, shopUrl?: string): Consumer {
  return {
    name: NAME,
    filter: 'notice.*',
    handle: async (deps, { id, name, data }) => {
      if (!('noticeId' in data)) return;
      const noticeId = data.noticeId as StockNoticeId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: noticeId }, async () => {
        const letter = await stockLetterFor(deps, { name, noticeId });
        if (letter === null) return;
        const messageId = `${letter.kind}-${noticeId}@hotshelf`;
        await mailer.send({ to: letter.to, messageId, ...writeStockLetter(letter, shopUrl) });
      });
    },
  };
}
