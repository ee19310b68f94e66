/** Tells a user whose refresh token was in two hands that their session has ended, and what to do. */

import type { SessionId } from '#lib/ids.ts';
import { readCompromised } from '#origin/sessions/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeWarning } from '#workers/warning.ts';

const NAME = 'theft-warning';

export function warnOfTheft(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'session.compromised',
    handle: async (deps, { id, data, occurredAt }) => {
      if (!('sessionId' in data)) return;
      const sessionId = data.sessionId as SessionId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: sessionId }, async () => {
        const compromised = await readCompromised(deps, sessionId);
        // The account has gone, and its sessions with it.
        if (compromised === null) return;
        const { email, userAgent } = compromised;
        const messageId = `session-${sessionId}@hotshelf`;
        await mailer.send({ to: email, messageId, ...writeWarning({ userAgent, endedAt: occurredAt }) });
      });
    },
  };
}
