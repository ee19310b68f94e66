/** Sending mail over SMTP. A message id of our own lets a mail server drop what it was given twice. */

import { createTransport } from 'nodemailer';
import { currentTrace, inSpan } from '#db/trace-scope.ts';
import { POLICIES } from '#lib/policies.ts';
import { traceId } from '#lib/trace.ts';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Without the angle brackets; the same for the same mail, however often it is sent. */
  readonly messageId: string;
  /** Where a mail program ends all mails of the kind by one click; null or absent for those that nobody can stop. */
  readonly stopUrl?: string | null;
}

export interface Mailer {
  /** @throws when the server does not take the mail in time. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** How long the steps of sending may take, and how many mails are under way at once. */
type MailPolicy = Pick<typeof POLICIES.smtp, 'bulkhead'> &
  Readonly<Record<'timeoutMs' | 'connectMs', number>>;

/** RFC 5321 §4.2.1 */
const FIRST_PERMANENT_CODE = 500;
const SEND = { name: 'send mail', kind: 'client', attributes: { 'peer.service': 'smtp' } } as const;

export function createMailer(
  smtpUrl: string,
  from: string,
  { timeoutMs, connectMs, bulkhead }: MailPolicy = POLICIES.smtp,
): Mailer {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    pool: true,
    maxConnections: bulkhead.maxRunning,
    host: hostname,
    port: Number(port || (secure ? 465 : 587)),
    secure,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    // A mail that is given up after its last byte may have been taken (RFC 5321 §4.5.3.2.6), and comes again then. It
    // is given up here before the guard does, which would not end it.
    socketTimeout: timeoutMs - 2 * connectMs,
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  });
  return {
    send: ({ messageId, stopUrl = null, ...mail }) =>
      inSpan(SEND, async () => {
        const headers = { ...traceHeaders(), ...stopHeaders(stopUrl) };
        await transport.sendMail({ ...mail, from, messageId: `<${messageId}>`, headers });
      }),
    close: () => transport.close(),
  };
}

/** A mail or an address that the server refuses for good says nothing of the server. */
export function isServersFailure(error: unknown): boolean {
  const code = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return !(typeof code === 'number' && code >= FIRST_PERMANENT_CODE);
}

/** RFC 8058. */
function stopHeaders(stopUrl: string | null): Record<string, string> {
  if (stopUrl === null) return {};
  return { 'List-Unsubscribe': `<${stopUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}

/** So that whoever is shown the mail finds everything that led to it. */
function traceHeaders(): Record<string, string> {
  const trace = currentTrace();
  return trace === undefined ? {} : { 'X-Trace-Id': traceId(trace.traceparent) };
}
