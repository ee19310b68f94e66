/** The receipts and the reminders of carts in the mail catcher, page by page into the auditor's tables. */

import type postgres from 'postgres';
import { SECOND_MS } from '#lib/clock.ts';
import type { CaughtHead, MessageIndex } from '#ops/mail-catcher/store.ts';

const PAGE_SIZE = 1_000;
const TIMEOUT_MS = 10 * SECOND_MS;
/** As `workers/handlers/send-receipt.ts` names them. */
const RECEIPT = /^<order-([0-9a-f-]{36})@hotshelf>$/;
/** As `workers/handlers/send-cart-letter.ts` does. */
const REMINDER = /^<cart-([0-9a-f-]{36})@hotshelf>$/;

export interface MailTold {
  /** Whatever was caught after this time is there. */
  readonly keptSince: string;
}

/** @throws when the catcher does not answer. */
export async function readMail(
  sql: postgres.Sql,
  mailUrl: string,
  onRead: (mails: number) => void,
): Promise<MailTold> {
  let after = '';
  let mails = 0;
  for (;;) {
    const { items, keptSince } = await fetchPage(mailUrl, after);
    const receipts = items.flatMap(toRow);
    if (receipts.length > 0) await sql`insert into audit_mails ${sql(receipts)} on conflict do nothing`;
    const reminders = items.flatMap(toReminder);
    if (reminders.length > 0) {
      await sql`insert into audit_cart_mails ${sql(reminders)} on conflict do nothing`;
    }
    mails += items.length;
    onRead(mails);
    after = items.at(-1)?.id ?? after;
    if (items.length < PAGE_SIZE) return { keptSince };
  }
}

async function fetchPage(mailUrl: string, after: string): Promise<MessageIndex> {
  const url = new URL('/message-index', mailUrl);
  url.search = new URLSearchParams({ after, limit: String(PAGE_SIZE) }).toString();
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  return (await response.json()) as MessageIndex;
}

function toRow({ id, messageId, to, receivedAt }: CaughtHead) {
  const orderId = RECEIPT.exec(messageId ?? '')?.[1];
  return orderId === undefined ? [] : [{ id, order_id: orderId, recipients: to, received_at: receivedAt }];
}

function toReminder({ id, messageId, to }: CaughtHead) {
  const reminderId = REMINDER.exec(messageId ?? '')?.[1];
  return reminderId === undefined ? [] : [{ id, reminder_id: reminderId, recipients: to }];
}
