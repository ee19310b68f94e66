/** What is mailed about stock. Here it is decided what, and to whom; how it is worded is the worker's. */

import type { EventName } from '#lib/events.ts';
import type { StockNoticeId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';
import { hashToken, makeToken } from './tokens.ts';

export interface StockLetter {
  readonly kind: 'confirm' | 'back_in_stock';
  readonly to: string;
  /** Confirms, or stops all further ones. */
  readonly token: string;
  readonly product: { readonly name: string; readonly slug: string; readonly options: readonly string[] };
}

/** Null where nobody is to be told: it was confirmed, stopped or erased meanwhile, or never was. */
export async function stockLetterFor(
  deps: Deps,
  { name, noticeId }: { readonly name: EventName; readonly noticeId: StockNoticeId },
): Promise<StockLetter | null> {
  const notice = await store.findNotice(deps.db, noticeId);
  if (notice === undefined) return null;
  const isToBeConfirmed = name === 'notice.requested';
  if (notice.status !== (isToBeConfirmed ? 'unconfirmed' : 'due')) return null;
  const [to, subject] = [await addressOf(deps, notice), await store.findSubject(deps.db, notice.variantId)];
  if (to === null || subject === undefined) return null;
  const token = makeToken();
  const hash = hashToken(token);
  await store.setToken(deps.db, noticeId, isToBeConfirmed ? { confirmHash: hash } : { stopHash: hash });
  const { slug, optionValues } = subject;
  return {
    kind: isToBeConfirmed ? 'confirm' : 'back_in_stock',
    to,
    token,
    product: { name: subject.name, slug, options: optionValues },
  };
}

/** Of an account, as it is by now: null when it has gone, or its address is another and not proven. */
async function addressOf({ db, fields }: Deps, notice: store.NoticeRow): Promise<string | null> {
  if (notice.email !== null) return fields.open('noticeEmail', notice.id, notice.email);
  const account = notice.userId === null ? undefined : await store.findAddressee(db, notice.userId);
  return account === undefined || account.emailVerifiedAt === null ? null : account.email;
}
