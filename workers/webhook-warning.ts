/** The letter to whoever made a webhook endpoint that was disabled. */

import { escapeHtml, type Letter, page } from './receipt.ts';

export interface DisabledWebhook {
  readonly url: string;
  readonly reason: 'gone' | 'failing';
  readonly at: string;
}

const SUBJECT = 'A webhook endpoint was disabled';
const REASONS = {
  gone: 'It answered 410: that it is gone and wants no more.',
  failing: 'For days it has failed every time, and no attempt has succeeded.',
} as const;
const WHAT_TO_DO =
  'When it is well again, enable it by PATCH /api/v1/webhook-endpoints/ID: what waited is then sent. What happened ' +
  'meanwhile is sent by POST /api/v1/webhook-endpoints/ID/replay with which=missed, for 30 days.';

export function writeWebhookWarning({ url, reason, at }: DisabledWebhook): Letter {
  const time = `${at.slice(0, 16).replace('T', ' ')} UTC`;
  const lines = [`At ${time} we stopped sending events to ${url}.`, REASONS[reason], WHAT_TO_DO];
  return {
    subject: SUBJECT,
    text: [...lines, ''].join('\n\n'),
    html: page(SUBJECT, lines.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')),
  };
}
