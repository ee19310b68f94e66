/** Sending mail over SMTP. A message id of our own lets a mail server drop what it was given twice. */

import { createTransport } from 'nodemailer';
import { currentTrace, inSpan } from '#db/trace-scope.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { traceId } from '#lib/trace.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Without the angle brackets; the same for the same mail, however often it is sent. */
  readonly messageId: string;
}

export interface Mailer {
  /** @throws when the server does not take the mail in time. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

const TIMEOUT_MS = 10 * SECOND_MS;
const MAX_CONNECTIONS = 4;
const SEND = { name: 'send mail', kind: 'client', attributes: { 'peer.service': 'smtp' } } as const;

export function createMailer(smtpUrl: string, from: string): Mailer {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    host: hostname,
    port: Number(port || (secure ? 465 : 587)),
    secure,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  });
  return {
    send: ({ messageId, ...mail }) =>
      inSpan(SEND, async () => {
        await transport.sendMail({ ...mail, from, messageId: `<${messageId}>`, headers: traceHeaders() });
      }),
    close: () => transport.close(),
  };
}

/** So that whoever is shown the mail finds everything that led to it. */
function traceHeaders(): Record<string, string> {
  const trace = currentTrace();
  return trace === undefined ? {} : { 'X-Trace-Id': traceId(trace.traceparent) };
}
