/** What an integrator reads of webhooks in the API's document: how to take one, and what each type says. */

import { type TObject, Type } from '@sinclair/typebox';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { POLICIES, WEBHOOK_ENDURANCE, WEBHOOK_RETRIES } from '#lib/policies.ts';
import { DateTime } from '#origin/http/schemas.ts';
import { EVENT_TYPES, FACTS, type Facts, TEST_TYPE } from './event-types.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_HOURS = 24;

function waits(): string {
  const { attempts, firstWaitMs, factor, longestWaitMs } = WEBHOOK_RETRIES;
  const planned = Array.from({ length: attempts - 1 }, (_, at) =>
    Math.min(firstWaitMs * factor ** at, longestWaitMs),
  );
  return planned.map(spoken).join(', ');
}

function spoken(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${ms / SECOND_MS} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Math.round(ms / HOUR_MS)} h`;
}

const { attempts, jitter } = WEBHOOK_RETRIES;

export const WEBHOOKS_TAG = {
  name: 'Webhooks',
  description: `Events of the shop, sent to URLs of yours, in the format of [Standard Webhooks](https://www.standardwebhooks.com).

**Take one.** A \`POST\` with a JSON body \`{ "type", "timestamp", "data" }\` and three headers: \`webhook-id\`, \`webhook-timestamp\` (Unix seconds of the attempt) and \`webhook-signature\`. Answer 2xx within ${spoken(POLICIES.webhooks.timeoutMs)}; do the work afterwards. Redirects are not followed.

**Verify it** over the bytes as they came, before parsing them, with any library of Standard Webhooks:

\`\`\`js
import { Webhook } from 'standardwebhooks';
const event = new Webhook(process.env.WEBHOOK_SECRET).verify(rawBody, headers); // throws when it is not ours
\`\`\`

By hand: base64-decode the secret behind \`whsec_\`, take the HMAC-SHA-256 of \`\${id}.\${timestamp}.\${rawBody}\` with it, and compare its base64 in constant time with each \`v1,...\` of the header, of which there are several, with spaces between them, while a secret turns over. Refuse a timestamp more than five minutes away.

**Take it once.** \`webhook-id\` is the event's, and the same at every attempt and replay: keep those that you have seen. An event may come more than once, and events in any order; the facts in \`data\` never change, and how things stand now the API tells.

**When you fail.** Anything but 2xx is tried again, ${attempts} times in all, after ${waits()}, each ${jitter * 100} % more or less. Then the delivery has failed; it can be replayed for 30 days. 410 disables the endpoint at once; so do ${WEBHOOK_ENDURANCE.forMs / HOUR_MS / DAY_HOURS} days with ${WEBHOOK_ENDURANCE.failures} failures and no success. Its owner is told by email. While an endpoint fails it is tried once at a time.

**What changes.** A type's \`data\` may gain members. What would take one away comes as another type.
`,
};

const envelope = (type: string, facts: TObject) =>
  Type.Object(
    { type: Type.Literal(type), timestamp: DateTime, data: facts },
    { examples: [{ type, timestamp: '2026-01-31T12:00:01.000Z', data: facts['examples']?.[0] }] },
  );

const HEADERS = {
  'webhook-id': { type: 'string', format: 'uuid', description: "The event's." },
  'webhook-timestamp': { type: 'string', pattern: '^[0-9]+$', description: 'Of the attempt, Unix seconds.' },
  'webhook-signature': { type: 'string', description: '`v1,` and base64; several with spaces between them.' },
} as const;

function described(type: string, kind: Facts, says: string) {
  const schema = envelope(type, FACTS[kind]);
  return {
    post: {
      operationId: `on-${type}`,
      summary: says,
      description:
        'To each endpoint that names the type, more than once if need be; the tag says how to take it.',
      tags: [WEBHOOKS_TAG.name],
      security: [],
      parameters: Object.entries(HEADERS).map(([name, { description, ...header }]) => ({
        ...{ name, in: 'header', required: true, description },
        schema: header,
      })),
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        '2XX': { description: 'It was taken.' },
        default: { description: 'It is tried again later; after a 410 never: the endpoint is disabled.' },
      },
    },
  };
}

/** As OpenAPI's `webhooks`. */
export const WEBHOOKS = Object.fromEntries([
  ...Object.entries(EVENT_TYPES).map(([type, { facts, says }]) => [type, described(type, facts, says)]),
  [TEST_TYPE, described(TEST_TYPE, 'test', 'Somebody tries the endpoint out.')],
]);
