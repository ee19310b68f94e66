/** The mail that the shop sends on the way, looked for at the mail catcher. */

import { ask, DemoFailure, wait } from './shop.ts';
import { say } from './tell.ts';

const LATEST = 50;

interface Message {
  readonly subject: string;
  readonly messageId: string | null;
}

export interface Mailbox {
  /** Null where a mail server of the environment takes the mail: nobody can look into that. */
  readonly mailUrl: string | null;
  readonly email: string;
}

/**
 * Names a mail once it is there, which its message id names by what it tells and of which thing.
 * @throws {DemoFailure} where it does not come
 */
export async function awaitMail({ mailUrl, email }: Mailbox, news: string, of: string): Promise<void> {
  if (mailUrl === null) return say('email', `${news}: goes to the mail server in SMTP_URL`);
  const startedAt = performance.now();
  const { subject } = await wait(`the email of ${news}`, async () => {
    const answer = await ask(`${mailUrl}/messages?to=${encodeURIComponent(email)}&limit=${LATEST}`);
    if (!answer.ok) throw new DemoFailure(`the mail catcher answered ${answer.status}: ${mailUrl}`);
    const messages = (await answer.json()) as Message[];
    return messages.find(({ messageId }) => messageId?.includes(`${news}-${of}@`)) ?? null;
  });
  say('email', `${news}: "${subject}" after ${Math.round(performance.now() - startedAt)} ms: ${mailUrl}/`);
}
