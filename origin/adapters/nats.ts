/**
 * NATS as the shop uses it: one JetStream stream of events, durable pull consumers for workers, and plain
 * subscriptions for whoever only wants to hear of a change now. The process starts and runs without NATS;
 * calls fail within their time until it is back.
 */

import { connect, headers as createHeaders, type Msg, type MsgHdrs, type NatsConnection } from 'nats';
import { verifiedTls } from '#db/tls.ts';
import { currentTrace } from '#db/trace-scope.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import { decodeEvent, encodeEvent, type ShopEvent, SUBJECT_PREFIX, subjectOf } from '#lib/events.ts';
import type { Logger } from '#lib/log.ts';
import { type Backlog, readBacklog, readOldestWaiting } from './nats-backlog.ts';
import { CALL_MS, type ConsumerSpec, type Delivery, ensureStream, pullMessages } from './nats-stream.ts';

export type { Delivery } from './nats-stream.ts';

export interface EventBus {
  /** Creates the stream where it is missing. @throws when NATS does not answer in time. */
  ensureStream(): Promise<void>;
  /** @throws when JetStream does not acknowledge in time; publishing the same event again is safe. */
  publish(event: ShopEvent): Promise<void>;
  /** Tells relays that so many events are about to be committed, if they can be told. */
  announce(count: number): void;
  /** Hears what {@link EventBus.announce} says, at most once each, until the signal aborts. */
  hearAnnounced(listener: (count: number) => void, signal: AbortSignal): void;
  /** Tells whoever {@link EventBus.hear}s of the topic now, if anybody can be told. */
  tell(topic: string, text: string): void;
  /** Hears what is told from now on, at most once each; nothing is replayed after a lost connection. */
  hear(topic: string, listener: (text: string) => void): void;
  /** Hears events from now on, at most once each; nothing is replayed after a lost connection. */
  watch(filter: string, onEvent: (event: ShopEvent) => void): void;
  /**
   * Pulls until the signal aborts or the stream is lost; the caller starts again.
   * A few deliveries are handed out at a time.
   */
  pull(
    spec: ConsumerSpec,
    onDelivery: (delivery: Delivery) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * For how long the oldest message has waited that the durable consumer has yet to be given, or to answer for. Null
   * without one, and where the consumer, or the stream, is not there.
   * @throws when NATS does not answer in time
   */
  oldestWaitingMs(consumer: string): Promise<number | null>;
  /** What the stream holds, and what each consumer has yet to do. @throws when NATS does not answer in time */
  backlog(): Promise<Backlog>;
  /** False while what {@link EventBus.watch} should hear may be lost. */
  isConnected(): boolean;
  /** Told whenever the connection is made, the first time and after a loss. */
  onConnect(listener: () => void): void;
  /** @throws when NATS does not answer in time. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Not a subject of the stream: nobody needs to hear it later. */
const ANNOUNCED_SUBJECT = 'outbox.announced';
const RECONNECT_WAIT_MS = 250;
/** With two unanswered the connection is given up: so long a silent loss can last. */
const PING_INTERVAL_MS = 2 * SECOND_MS;

/** The connection's state, as what the bus promises depends on it. */
interface Link {
  nats: NatsConnection | null;
  isUp: boolean;
  readonly onUp: (() => void)[];
}

export interface NatsAddress {
  /** `tls://` wants a server that proves who it is. */
  readonly url: string;
  /** Shown to whoever watches the server. */
  readonly name: string;
  /** Of a private authority. */
  readonly caFile?: string | undefined;
}

export function connectNats({ url, name, caFile }: NatsAddress, log: Logger): EventBus {
  const { servers, credentials, tls } = parseUrl(url, caFile);
  let closing = false;
  const link: Link = { nats: null, isUp: false, onUp: [] };
  const connection = connect({
    servers,
    ...credentials,
    ...tls,
    name,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    maxPingOut: 2,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    timeout: CALL_MS,
  });
  connection.then(
    (nats) => {
      link.nats = nats;
      void (closing ? nats.close() : followStatus(nats, link, log));
    },
    (error: unknown) => log.error('nats refused the connection', { error }),
  );
  const within = async () => deadline(connection, 'nats is not connected');
  /** Only while the connection stands: who asks how NATS is need not wait to hear that it is gone. */
  const standing = async () => {
    const nats = await within();
    if (!link.isUp) throw new Error('nats is not connected');
    return nats;
  };

  return {
    ensureStream: async () => ensureStream(await within()),
    publish: async (event) => {
      const js = (await within()).jetstream({ timeout: CALL_MS });
      await js.publish(subjectOf(event.name), encodeEvent(event), { msgID: event.id, ...traceHeaders() });
    },
    announce: (count) => {
      if (link.isUp) link.nats?.publish(ANNOUNCED_SUBJECT, String(count));
    },
    hearAnnounced: (listener, signal) => {
      const hearing = { signal, onMessage: (message: Msg) => listener(Number(message.string())) };
      listen(connection, ANNOUNCED_SUBJECT, hearing);
    },
    tell: (topic, text) => {
      if (link.isUp) link.nats?.publish(topic, text);
    },
    hear: (topic, listener) =>
      listen(connection, topic, { onMessage: (message) => listener(message.string()) }),
    watch: (filter, onEvent) =>
      listen(connection, SUBJECT_PREFIX + filter, { onMessage: ({ data }) => hear(data, onEvent, log) }),
    pull: async (spec, onDelivery, signal) => pullMessages(await within(), { spec, onDelivery, signal }),
    oldestWaitingMs: async (consumer) => readOldestWaiting(await within(), consumer),
    backlog: async () => readBacklog(await standing()),
    isConnected: () => link.isUp,
    onConnect: (listener) => {
      link.onUp.push(listener);
    },
    ping: async () => {
      await deadline((await standing()).flush(), 'nats does not answer');
    },
    close: async () => {
      closing = true;
      const { nats } = link;
      if (nats !== null) await deadline(nats.drain(), 'nats does not drain').catch(() => nats.close());
    },
  };
}

interface Hearing {
  readonly onMessage: (message: Msg) => void;
  readonly signal?: AbortSignal;
}

/** For whoever watches the stream; our own consumers read the trace in the event, which outlives its message. */
function traceHeaders(): { readonly headers?: MsgHdrs } {
  const trace = currentTrace();
  if (trace === undefined) return {};
  const headers = createHeaders();
  headers.set('traceparent', trace.traceparent);
  return { headers };
}

/** From the first connection on. */
function listen(connection: Promise<NatsConnection>, subject: string, { onMessage, signal }: Hearing): void {
  connection.then(
    (nats) => {
      const subscription = nats.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) onMessage(message);
        },
      });
      signal?.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
    },
    () => {},
  );
}

/** NATS takes a token or a user and password from options, not from the URL's user part. */
function parseUrl(url: string, caFile: string | undefined) {
  const { protocol, username, password, host, hostname } = new URL(url);
  const tls = protocol === 'tls:' ? { tls: verifiedTls(hostname, caFile) } : {};
  const user = decodeURIComponent(username);
  const pass = decodeURIComponent(password);
  if (user === '') return { servers: host, tls, credentials: {} };
  return { servers: host, tls, credentials: pass === '' ? { token: user } : { user, pass } };
}

async function followStatus(nats: NatsConnection, link: Link, log: Logger): Promise<void> {
  const up = () => {
    link.isUp = true;
    for (const listener of link.onUp) listener();
  };
  log.info('nats is connected');
  up();
  for await (const { type } of nats.status()) {
    if (type === 'disconnect') {
      link.isUp = false;
      log.warn('the connection to nats closed');
    }
    if (type === 'reconnect') {
      log.info('nats is connected again');
      up();
    }
  }
  link.isUp = false;
}

function hear(data: Uint8Array, onEvent: (event: ShopEvent) => void, log: Logger): void {
  try {
    onEvent(decodeEvent(data));
  } catch (error) {
    log.error('an event could not be heard', { error });
  }
}

function deadline<T>(work: Promise<T>, message: string): Promise<T> {
  return withDeadline(work, CALL_MS, () => {
    throw new Error(`${message} within ${CALL_MS} ms`);
  });
}
