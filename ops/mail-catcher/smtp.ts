/** The SMTP side of the mail catcher: takes any message within its limits and hands it to the store. */

import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Faults } from './faults.ts';
import type { MessageStore } from './store.ts';

const HOST = '127.0.0.1';
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
const MAX_CONNECTIONS = 100;
const MAX_RECIPIENTS = 100;
const MAX_ADDRESS_CHARS = 320;
const IDLE_TIMEOUT_MS = 60_000;
/** How long open connections may finish before they are cut. */
const CLOSE_TIMEOUT_MS = 250;

export interface SmtpOptions {
  readonly port: number;
  readonly store: MessageStore;
  readonly faults: Faults;
  readonly delayMs: number;
  readonly onError: (error: Error) => void;
}

export interface SmtpListener {
  readonly port: number;
  stop(): Promise<void>;
}

class SmtpRefusal extends Error {
  override readonly name = 'SmtpRefusal';
  readonly responseCode: number;

  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

/** @throws when the port is taken. */
export async function listenSmtp(options: SmtpOptions): Promise<SmtpListener> {
  const server = new SMTPServer({
    name: 'localhost',
    banner: 'Hotshelf mail catcher',
    size: MAX_MESSAGE_BYTES,
    maxClients: MAX_CONNECTIONS,
    socketTimeout: IDLE_TIMEOUT_MS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onMailFrom: ({ address }, _session, answer) => answer(checkAddress(address)),
    onRcptTo: ({ address }, session, answer) => answer(checkRecipient(address, session)),
    onData: (stream, session, answer) => {
      receive(stream, session, options).then(
        (kept) => kept && answer(null, 'kept'),
        (error: Error) => answer(error),
      );
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, HOST, resolve);
  });
  server.on('error', (error) => {
    if (!isLostConnection(error)) options.onError(error);
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

function checkAddress(address: string): Error | null {
  return address.length <= MAX_ADDRESS_CHARS ? null : new SmtpRefusal(553, 'the address is too long');
}

function checkRecipient(address: string, session: SMTPServerSession): Error | null {
  if (session.envelope.rcptTo.length >= MAX_RECIPIENTS) return new SmtpRefusal(452, 'too many recipients');
  return checkAddress(address);
}

/** False when the message is to get no answer at all. */
async function receive(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  { store, faults, delayMs }: SmtpOptions,
): Promise<boolean> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (!stream.sizeExceeded) chunks.push(chunk);
  }
  if (stream.sizeExceeded)
    throw new SmtpRefusal(552, `the message is larger than ${MAX_MESSAGE_BYTES} bytes`);
  const fault = faults.take();
  if (fault === 'hang') return false;
  if (fault === 'reject') throw new SmtpRefusal(550, 'rejected on request');
  if (fault === 'tempfail') throw new SmtpRefusal(451, 'failed for now on request');
  if (delayMs > 0) await Bun.sleep(delayMs);
  const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
  await store.add({ from, to: envelope.rcptTo.map(({ address }) => address) }, Buffer.concat(chunks));
  return true;
}

/** A client that goes away in the middle is the client's affair. */
function isLostConnection(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
