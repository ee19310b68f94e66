/** JetStream as the shop uses it: one stream of events, and durable pull consumers for workers. */

import {
  AckPolicy,
  type ConsumerMessages,
  DiscardPolicy,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
  type Consumer as NatsConsumer,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from 'nats';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { EVENT_STREAM, SUBJECT_PREFIX } from '#lib/events.ts';
import { POLICIES } from '#lib/policies.ts';

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

export const { timeoutMs: CALL_MS } = POLICIES.nats;
const DUPLICATE_WINDOW_MS = 10 * MINUTE_MS;
const RETENTION_MS = 7 * DAY_MS;
const MAX_STREAM_BYTES = 1024 ** 3;
/** What a process that was killed had in hand goes to another one so soon; work that goes on says so meanwhile. */
const ACK_WAIT_MS = 4 * SECOND_MS;
const STILL_WORKING_MS = SECOND_MS;
const MAX_IN_FLIGHT = 16;
/** So many processes of a consumer find work at once, each with what it handles and, after a loss, as much again. */
const MAX_PROCESSES = 10;
/**
 * Short: for so long, more or less, the client leaves a stream alone that has not answered it once. No shorter: a
 * twentieth of it later the client listens no more, and what it has not read by then comes again when it is overdue.
 */
const PULL_EXPIRES_MS = 3 * SECOND_MS;
const IDLE_HEARTBEAT_MS = 750;
export const NOT_FOUND = '404';

/** What the shop cannot do without; the rest of a stream that is there is as its operator has set it up. */
const NEEDED = { subjects: [`${SUBJECT_PREFIX}>`], duplicate_window: nanos(DUPLICATE_WINDOW_MS) };

export async function ensureStream(nats: NatsConnection): Promise<void> {
  const { streams } = await nats.jetstreamManager({ timeout: CALL_MS, checkAPI: false });
  const found = await streams.info(EVENT_STREAM).catch(undefinedIfMissing);
  if (found === undefined) {
    await streams.add({
      ...{ name: EVENT_STREAM, storage: StorageType.File },
      ...{ retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old },
      ...{ max_age: nanos(RETENTION_MS), max_bytes: MAX_STREAM_BYTES },
      ...NEEDED,
    });
  } else if (!hasNeeded(found.config)) {
    await streams.update(EVENT_STREAM, NEEDED);
  }
}

function hasNeeded({ subjects, duplicate_window: window }: StreamConfig): boolean {
  return NEEDED.subjects.every((subject) => subjects.includes(subject)) && window >= NEEDED.duplicate_window;
}

/** Asked for, as adding one that is there fails where it is set up otherwise: by an earlier release, or its operator. */
async function ensureConsumer({ consumers }: JetStreamManager, spec: ConsumerSpec): Promise<void> {
  const settings = {
    filter_subject: SUBJECT_PREFIX + spec.filter,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: MAX_IN_FLIGHT * 2 * MAX_PROCESSES,
  };
  const updated = await consumers.update(EVENT_STREAM, spec.name, settings).catch(undefinedIfMissing);
  if (updated !== undefined) return;
  await consumers.add(EVENT_STREAM, {
    ...settings,
    durable_name: spec.name,
    ack_policy: AckPolicy.Explicit,
  });
}

export function undefinedIfMissing(error: unknown): undefined {
  if (!(error instanceof NatsError && error.code === NOT_FOUND)) throw error;
}

interface Pull {
  readonly spec: ConsumerSpec;
  readonly onDelivery: (delivery: Delivery) => Promise<void>;
  readonly signal: AbortSignal;
}

export async function pullMessages(nats: NatsConnection, { spec, onDelivery, signal }: Pull): Promise<void> {
  const manager = await nats.jetstreamManager({ timeout: CALL_MS, checkAPI: false });
  await ensureConsumer(manager, spec);
  const consumer = await nats.jetstream({ timeout: CALL_MS }).consumers.get(EVENT_STREAM, spec.name);
  const inFlight = new Set<Promise<void>>();
  const take = (message: JsMsg) => {
    const beat = setInterval(() => message.working(), STILL_WORKING_MS);
    const handling: Promise<void> = onDelivery(delivery(message)).finally(() => {
      clearInterval(beat);
      inFlight.delete(handling);
    });
    inFlight.add(handling);
  };
  try {
    while (!signal.aborted) {
      // No more than can be begun at once: what lay here unread would be overdue, and its deliveries count as attempts.
      const free = MAX_IN_FLIGHT - inFlight.size;
      if (free > 0) await takeSome(consumer, { free, take, signal });
      else await Promise.race(inFlight);
      // Whatever ends in one turn makes room for one pull, not for a pull each.
      await new Promise(setImmediate);
    }
  } finally {
    await Promise.all(inFlight);
  }
}

interface Taking {
  readonly free: number;
  readonly take: (message: JsMsg) => void;
  readonly signal: AbortSignal;
}

/** Until so many have come, or the time of the pull is over. @throws when the consumer is gone */
async function takeSome(consumer: NatsConsumer, { free, take, signal }: Taking): Promise<void> {
  const messages: ConsumerMessages = await consumer.fetch({
    max_messages: free,
    expires: PULL_EXPIRES_MS,
    idle_heartbeat: IDLE_HEARTBEAT_MS,
  });
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const message of messages) take(message);
  } finally {
    signal.removeEventListener('abort', stop);
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
