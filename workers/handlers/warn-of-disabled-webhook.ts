/** Tells whoever made a webhook endpoint that it was disabled, and what to do. */

import type { WebhookEndpointId } from '#lib/ids.ts';
import { readDisabled } from '#origin/webhook-endpoints/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeWebhookWarning } from '#workers/webhook-warning.ts';

const NAME = 'webhook-warning';

export function warnOfDisabledWebhook(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'webhook.disabled',
    handle: async (deps, { id, data, occurredAt }) => {
      if (!('endpointId' in data)) return;
      const endpointId = data.endpointId as WebhookEndpointId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: endpointId }, async () => {
        const disabled = await readDisabled(deps, endpointId);
        // It is on again by now, or its owner has gone.
        if (disabled === undefined) return;
        const { email, url, reason } = disabled;
        const messageId = `webhook-${id}@hotshelf`;
        await mailer.send({ to: email, messageId, ...writeWebhookWarning({ url, reason, at: occurredAt }) });
      });
    },
  };
}
