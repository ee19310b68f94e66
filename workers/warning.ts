/** The letter to a user whose session was ended because its token was in two hands. No link: a thief could send one, too. */

import { escapeHtml, type Letter, page } from './receipt.ts';

export interface EndedSession {
  /** As its client called itself. */
  readonly userAgent: string | null;
  readonly endedAt: string;
}

const SUBJECT = 'You were logged out: your session may have been copied';
const WHY =
  'Somebody used a token of it that had been used before. Either a copy of it is in other hands, or your own app ' +
  'sent it twice. To be safe we ended the session: neither of you can go on with it.';
const WHAT_TO_DO =
  'Log in again. If you do not know why this happened, change your password and end your other sessions, too.';

export function writeWarning({ userAgent, endedAt }: EndedSession): Letter {
  const device = userAgent ?? 'an unnamed client';
  const time = `${endedAt.slice(0, 16).replace('T', ' ')} UTC`;
  const what = `At ${time} we ended a session of yours, on: ${device}.`;
  return {
    subject: SUBJECT,
    text: [what, '', WHY, '', WHAT_TO_DO, ''].join('\n'),
    html: page(SUBJECT, [what, WHY, WHAT_TO_DO].map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')),
  };
}
