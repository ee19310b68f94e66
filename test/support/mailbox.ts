/** What the owners of accounts are mailed, without a broker in between: each event is handed to its handler once. */

import { asc, gt } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import type { ShopEvent } from '#lib/events.ts';
import type { Deps } from '#origin/deps.ts';
import { sendAccountLetter } from '#workers/handlers/send-account-letter.ts';
import type { Mail } from '#workers/mailer.ts';

export interface Mailbox {
  /** All that the address was ever sent, the oldest first. */
  mailsTo(email: string): Promise<readonly Mail[]>;
  /** The token in the last mail to the address. */
  lastToken(email: string): Promise<string>;
}

const TOKEN = /\b(?:ev|pr)_[\w-]+/;

export function openMailbox(deps: Deps): Mailbox {
  const sent: Mail[] = [];
  let lastSeq = 0;
  const { handle } = sendAccountLetter({
    send: async (mail) => {
      sent.push(mail);
    },
    close: () => {},
  });
  const mailsTo = async (email: string) => {
    const rows = await deps.db.select().from(outbox).where(gt(outbox.seq, lastSeq)).orderBy(asc(outbox.seq));
    for (const { seq, occurredAt, ...row } of rows) {
      lastSeq = seq;
      await handle(deps, { ...row, occurredAt: occurredAt.toISOString() } as ShopEvent);
    }
    return sent.filter(({ to }) => to === email);
  };
  return {
    mailsTo,
    lastToken: async (email) => tokenIn((await mailsTo(email)).at(-1)),
  };
}

function tokenIn(mail: Mail | undefined): string {
  const [token] = TOKEN.exec(mail?.text ?? '') ?? [];
  if (token === undefined) throw new Error(`no token in the mail ${mail?.subject}`);
  return token;
}
