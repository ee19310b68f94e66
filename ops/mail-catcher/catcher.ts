/**
 * A mail server for development and tests: it takes what the shop sends, delivers nothing, and shows it.
 * Loopback only.
 */

import { createFaults, type FaultRequest } from './faults.ts';
import { listenHttp } from './http.ts';
import { listenSmtp } from './smtp.ts';
import { type CaughtMessage, MAX_KEPT_MESSAGES, openMessageStore } from './store.ts';

export interface MailCatcherOptions {
  /** 0 takes a free port. */
  readonly smtpPort: number;
  /** 0 takes a free port. */
  readonly httpPort: number;
  /** Made when it is not there. */
  readonly storeDir: string;
  /** The oldest messages beyond so many are dropped; {@link MAX_KEPT_MESSAGES} unless said. */
  readonly maxMessages?: number;
  /** How long it thinks about each message before it takes it; not at all unless said. */
  readonly delayMs?: number;
  readonly onError?: (error: Error) => void;
}

export interface MailCatcher {
  readonly smtpUrl: string;
  readonly httpUrl: string;
  /** All that is kept, newest first. */
  messages(): Promise<readonly CaughtMessage[]>;
  fail(request: FaultRequest): void;
  stop(): Promise<void>;
}

/** @throws when a port is taken or the store's folder cannot be used. */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  const {
    smtpPort,
    httpPort,
    storeDir,
    maxMessages = MAX_KEPT_MESSAGES,
    delayMs = 0,
    onError = () => {},
  } = options;
  const store = await openMessageStore(storeDir, maxMessages);
  const faults = createFaults();
  const http = listenHttp({ port: httpPort, store, faults, onError });
  const smtp = await listenSmtp({ port: smtpPort, store, faults, delayMs, onError }).catch(
    async (error: unknown) => {
      await http.stop();
      throw error;
    },
  );
  return {
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    httpUrl: `http://127.0.0.1:${http.port}`,
    messages: () => store.list({ limit: maxMessages }),
    fail: faults.set,
    stop: async () => {
      await Promise.all([smtp.stop(), http.stop()]);
    },
  };
}
