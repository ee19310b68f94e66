/** Signatures of webhooks, as https://www.standardwebhooks.com has them: what any of its libraries verifies. */

import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

const SECRET_BYTES = 32;
const SECRET_PREFIX = 'whsec_';

export interface Signed {
  /** The event's: the same however often it is sent. */
  readonly id: string;
  readonly body: string;
}

export function newSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** One signature for each secret; a receiver takes the message when one of them is right. */
export function signatureHeaders(
  { id, body }: Signed,
  secrets: readonly string[],
  now: Date,
): Readonly<Record<string, string>> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
