/**
 * NATS as the shop uses it: one JetStream stream of events, durable pull consumers for workers, and plain
 * subscriptions for whoever only wants to hear of a change now. The process starts and runs without NATS;
 * calls fail within their time until it is back.
 */

import {
  AckPolicy,
  type ConsumerMessages,
  connect,
  DiscardPolicy,
  type JsMsg,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
} from 'nats';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import {
  decodeEvent,
  EVENT_STREAM,
  encodeEvent,
  type ShopEvent,
  SUBJECT_PREFIX,
  subjectOf,
} from '#lib/events.ts';
import type { Logger } from '#lib/log.ts';

export interface ConsumerSpec {
  /** Durable name; also the consumer's name in the inbox. */
  readonly name: string;
  /** Event name or wildcard: `order.paid`, `product.*`. */
  readonly filter: string;
}

/** One message as a worker gets it. Exactly one of ack, retry and drop ends it. */
export interface Delivery {
  readonly data: Uint8Array;
  /** 1 the first time. */
  readonly attempt: number;
  ack(): void;
  retry(afterMs: number): void;
  drop(): void;
}

export interface EventBus {
  /** Creates the stream where it is missing. @throws when NATS does not answer in time. */
  ensureStream(): Promise<void>;
  /** @throws when JetStream does not acknowledge in time; publishing the same event again is safe. */
  publish(event: ShopEvent): Promise<void>;
  /** Tells relays that so many events are about to be committed, if they can be told. */
  announce(count: number): void;
  /** Hears what {@link EventBus.announce} says, at most once each, until the signal aborts. */
  hearAnnounced(listener: (count: number) => void, signal: AbortSignal): void;
  /** Hears events from now on, at most once each; nothing is replayed after a lost connection. */
  watch(filter: string, onEvent: (event: ShopEvent) => void): void;
  /**
   * Pulls until the signal aborts or the stream is lost; the caller starts again.
   * At most {@link MAX_IN_FLIGHT} deliveries are handed out at a time.
   */
  pull(
    spec: ConsumerSpec,
    onDelivery: (delivery: Delivery) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * How many messages the durable consumer has yet to be given; none where it, or the stream, is not there.
   * @throws when NATS does not answer in time
   */
  waiting(consumer: string): Promise<number>;
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
const CALL_TIMEOUT_MS = 2 * SECOND_MS;
const RECONNECT_WAIT_MS = 250;
const DUPLICATE_WINDOW_MS = 10 * MINUTE_MS;
const RETENTION_MS = 7 * DAY_MS;
const MAX_STREAM_BYTES = 1024 ** 3;
/** What a process that was killed had in hand goes to another one so soon; work that goes on says so meanwhile. */
const ACK_WAIT_MS = 4 * SECOND_MS;
const STILL_WORKING_MS = SECOND_MS;
const MAX_IN_FLIGHT = 16;
const PULL_EXPIRES_MS = 30 * SECOND_MS;
const IDLE_HEARTBEAT_MS = 2 * SECOND_MS;
/** With two unanswered the connection is given up: so long a silent loss can last. */
const PING_INTERVAL_MS = 2 * SECOND_MS;

/** The connection's state, as what the bus promises depends on it. */
interface Link {
  nats: NatsConnection | null;
  isUp: boolean;
  readonly onUp: (() => void)[];
}

export function connectNats(url: string, name: string, log: Logger): EventBus {
  const { servers, credentials } = parseUrl(url);
  let closing = false;
  const link: Link = { nats: null, isUp: false, onUp: [] };
  const connection = connect({
    servers,
    ...credentials,
    name,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    maxPingOut: 2,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    timeout: CALL_TIMEOUT_MS,
  });
  connection.then(
    (nats) => {
      link.nats = nats;
      void (closing ? nats.close() : followStatus(nats, link, log));
    },
    (error: unknown) => log.error('nats refused the connection', { error }),
  );
  const within = async () => deadline(connection, 'nats is not connected');

  return {
    ensureStream: async () => ensureStream(await within()),
    publish: async (event) => {
      const js = (await within()).jetstream({ timeout: CALL_TIMEOUT_MS });
      await js.publish(subjectOf(event.name), encodeEvent(event), { msgID: event.id });
    },
    announce: (count) => {
      if (link.isUp) link.nats?.publish(ANNOUNCED_SUBJECT, String(count));
    },
    hearAnnounced: (listener, signal) => {
      connection.then(
        (nats) => {
          const subscription = nats.subscribe(ANNOUNCED_SUBJECT, {
            callback: (error, message) => {
              if (error === null) listener(Number(message.string()));
            },
          });
          signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
        },
        () => {},
      );
    },
    watch: (filter, onEvent) => {
      connection.then(
        (nats) => {
          nats.subscribe(SUBJECT_PREFIX + filter, {
            callback: (error, message) => {
              if (error === null) hear(message.data, onEvent, log);
            },
          });
        },
        () => {},
      );
    },
    pull: async (spec, onDelivery, signal) => pullMessages(await within(), { spec, onDelivery, signal }),
    waiting: async (consumer) => countWaiting(await within(), consumer),
    isConnected: () => link.isUp,
    onConnect: (listener) => {
      link.onUp.push(listener);
    },
    ping: async () => {
      await deadline((await within()).flush(), 'nats does not answer');
    },
    close: async () => {
      closing = true;
      const { nats } = link;
      if (nats !== null) await deadline(nats.drain(), 'nats does not drain').catch(() => nats.close());
    },
  };
}

/** NATS takes a token or a user and password from options, not from the URL's user part. */
function parseUrl(url: string) {
  const { username, password, host } = new URL(url);
  const user = decodeURIComponent(username);
  const pass = decodeURIComponent(password);
  if (user === '') return { servers: host, credentials: {} };
  return { servers: host, credentials: pass === '' ? { token: user } : { user, pass } };
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

async function ensureStream(nats: NatsConnection): Promise<void> {
  const manager = await nats.jetstreamManager({ timeout: CALL_TIMEOUT_MS, checkAPI: false });
  await manager.streams.add({
    name: EVENT_STREAM,
    subjects: [`${SUBJECT_PREFIX}>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(RETENTION_MS),
    max_bytes: MAX_STREAM_BYTES,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  });
}

const NOT_FOUND = '404';

async function countWaiting(nats: NatsConnection, consumer: string): Promise<number> {
  const manager = await nats.jetstreamManager({ timeout: CALL_TIMEOUT_MS, checkAPI: false });
  try {
    return (await manager.consumers.info(EVENT_STREAM, consumer)).num_pending;
  } catch (error) {
    if (error instanceof NatsError && error.code === NOT_FOUND) return 0;
    throw error;
  }
}

interface Pull {
  readonly spec: ConsumerSpec;
  readonly onDelivery: (delivery: Delivery) => Promise<void>;
  readonly signal: AbortSignal;
}

async function pullMessages(nats: NatsConnection, { spec, onDelivery, signal }: Pull): Promise<void> {
  const manager = await nats.jetstreamManager({ timeout: CALL_TIMEOUT_MS, checkAPI: false });
  await manager.consumers.add(EVENT_STREAM, {
    durable_name: spec.name,
    filter_subject: SUBJECT_PREFIX + spec.filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: MAX_IN_FLIGHT * 4,
  });
  const consumer = await nats.jetstream().consumers.get(EVENT_STREAM, spec.name);
  const messages: ConsumerMessages = await consumer.consume({
    max_messages: MAX_IN_FLIGHT,
    expires: PULL_EXPIRES_MS,
    idle_heartbeat: IDLE_HEARTBEAT_MS,
    abort_on_missing_resource: true,
  });
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const inFlight = new Set<Promise<void>>();
  try {
    for await (const message of messages) {
      const beat = setInterval(() => message.working(), STILL_WORKING_MS);
      const handling: Promise<void> = onDelivery(delivery(message)).finally(() => {
        clearInterval(beat);
        inFlight.delete(handling);
      });
      inFlight.add(handling);
      if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await Promise.all(inFlight);
  }
}

function delivery(message: JsMsg): Delivery {
  return {
    data: message.data,
    attempt: message.info.deliveryCount,
    ack: () => message.ack(),
    retry: (afterMs) => message.nak(afterMs),
    drop: () => message.term(),
  };
}

async function deadline<T>(work: Promise<T>, message: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${message} within ${CALL_TIMEOUT_MS} ms`)),
    CALL_TIMEOUT_MS,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
