/** The workers as a test runs them: their own loops over a shop's real servers, and what lies around them. */

import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectNats, type StoredMsg, type StreamUpdateConfig } from 'nats';
import { deadLetters } from '#db/schema/messaging.ts';
import { decodeEvent, EVENT_STREAM, type EventInput, type ShopEvent } from '#lib/events.ts';
import { createLogger } from '#lib/log.ts';
import { type MailCatcher, startMailCatcher } from '#ops/mail-catcher/catcher.ts';
import { undefinedIfMissing } from '#origin/adapters/nats-stream.ts';
import { createDeps, type Deps, emit, type RunningDeps } from '#origin/deps.ts';
import { type Consumer, type RetryPolicy, runConsumer } from '#workers/consumer.ts';
import { runRelay } from '#workers/outbox-relay.ts';
import { runParkedAgain } from '#workers/parked-again.ts';
import { eventually } from './eventually.ts';
import type { OriginUnderTest } from './origin.ts';

/** As in production, but over in moments. */
export const QUICK: RetryPolicy = { maxAttempts: 4, firstRetryMs: 10, maxRetryMs: 40 };

export interface Loops {
  consume(consumer: Consumer, deps?: Deps): void;
  relay(deps?: Deps): void;
  /** What an operator has sent again. */
  again(...consumers: readonly Consumer[]): void;
  /** Ends the loops that run and waits for what they have in hand. */
  stop(): Promise<void>;
}

export function openLoops(shop: OriginUnderTest): Loops {
  let stopping = new AbortController();
  let running: Promise<void>[] = [];
  return {
    consume: (consumer, deps = shop.deps) => {
      running.push(runConsumer(deps, consumer, stopping.signal, QUICK));
    },
    relay: (deps = shop.deps) => {
      running.push(runRelay(deps, stopping.signal));
    },
    again: (...consumers) => {
      running.push(runParkedAgain(shop.deps, consumers, stopping.signal));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      stopping = new AbortController();
      running = [];
    },
  };
}

/**
 * Deps of a process of its own, at the same servers unless another NATS is named, with as many connections as one of the
 * workers has in production.
 */
export function secondProcess(shop: OriginUnderTest, NATS_URL = shop.config.NATS_URL): RunningDeps {
  const log = createLogger({ level: 'error', write: () => {} });
  return createDeps({ ...shop.config, NATS_URL, DATABASE_MAX_CONNECTIONS: 4 }, 'hotshelf-test-second', log);
}

/** Writes events into the outbox, as a verb does. */
export async function tell(deps: Deps, ...events: readonly EventInput[]): Promise<void> {
  await deps.db.transaction((tx) => emit(deps, tx, ...events));
}

export async function parked({ deps: { db } }: OriginUnderTest, consumer: string) {
  const letters = await db.select().from(deadLetters);
  return letters.filter((letter) => letter.consumer === consumer);
}

export interface Recorder extends Consumer {
  /** The orders of the events that it was given, in that order. */
  readonly seen: string[];
}

/** A consumer under a name of its own that keeps what it sees and then does what the test says. */
export function recorder(
  then: (attempt: number, orderId: string) => Promise<void> | void = () => {},
): Recorder {
  const seen: string[] = [];
  return {
    name: `test-${crypto.randomUUID()}`,
    filter: 'order.cancelled',
    seen,
    handle: async (_deps, { data }) => {
      if (!('orderId' in data)) return;
      seen.push(data.orderId);
      await then(seen.filter((id) => id === data.orderId).length, data.orderId);
    },
  };
}

export interface StreamView {
  /** Everything that the stream holds, oldest first. */
  events(): Promise<ShopEvent[]>;
  /** The header of each message that has it, oldest first. */
  headers(name: string): Promise<string[]>;
  count(): Promise<number>;
  /** Bytes as they are; a message id of its own each, so that nothing is dropped as a duplicate. */
  publishRaw(subject: string, data: Uint8Array): Promise<void>;
  /** Until the consumer has been given everything and has answered for it. */
  settled(consumer: string): Promise<void>;
  /** How many of a consumer's messages may be in hands at once; sets it where a number is given. */
  limitOf(consumer: string, most?: number): Promise<number>;
  /** How the stream is set up; sets what is given. */
  configure(change?: Partial<StreamUpdateConfig>): Promise<StreamUpdateConfig>;
  empty(): Promise<void>;
  deleteStream(): Promise<void>;
  close(): Promise<void>;
}

export async function openStream({ deps, config }: OriginUnderTest): Promise<StreamView> {
  const { username, password, host } = new URL(config.NATS_URL);
  const login = username === '' ? {} : { user: username, pass: password };
  const nats = await connectNats({ servers: host, ...login });
  const manager = await nats.jetstreamManager();
  await deps.bus.ensureStream();
  const count = async () => (await manager.streams.info(EVENT_STREAM)).state.messages;
  const messages = async () => {
    const { first_seq: first, last_seq: last } = (await manager.streams.info(EVENT_STREAM)).state;
    const found: StoredMsg[] = [];
    for (let seq = first; seq <= last; seq += 1) {
      found.push(await manager.streams.getMessage(EVENT_STREAM, { seq }));
    }
    return found;
  };
  return {
    count,
    events: async () => (await messages()).map(({ data }) => decodeEvent(data)),
    headers: async (name) => (await messages()).flatMap(({ header }) => header?.get(name) || []),
    publishRaw: async (subject, data) => {
      await nats.jetstream().publish(subject, data, { msgID: crypto.randomUUID() });
    },
    settled: async (consumer) => {
      await eventually(`${consumer} has nothing left to do`, async () => {
        // A consumer that has just begun is yet to make itself known.
        const state = await manager.consumers.info(EVENT_STREAM, consumer).catch(undefinedIfMissing);
        return state?.num_pending === 0 && state.num_ack_pending === 0;
      });
    },
    limitOf: async (consumer, most) => {
      if (most !== undefined)
        await manager.consumers.update(EVENT_STREAM, consumer, { max_ack_pending: most });
      return (await manager.consumers.info(EVENT_STREAM, consumer)).config.max_ack_pending ?? 0;
    },
    configure: async (change = {}) => (await manager.streams.update(EVENT_STREAM, change)).config,
    empty: async () => {
      await manager.streams.purge(EVENT_STREAM);
    },
    deleteStream: async () => {
      await manager.streams.delete(EVENT_STREAM);
    },
    close: () => nats.close(),
  };
}

/** A mail server of the test's own. */
export async function openMail(delayMs = 0): Promise<MailCatcher> {
  const storeDir = await mkdtemp(join(tmpdir(), 'hotshelf-mail-'));
  const catcher = await startMailCatcher({ smtpPort: 0, httpPort: 0, storeDir, delayMs });
  return {
    ...catcher,
    stop: async () => {
      await catcher.stop();
      await rm(storeDir, { recursive: true });
    },
  };
}

export interface Door {
  /** The target's URL, through the door. */
  readonly url: string;
  open(): Promise<void>;
  /** Refuses new connections and cuts those that are open. */
  close(): Promise<void>;
}

/** A TCP door before a server: closed at first, so that a test decides when the server is there. */
export async function doorTo(targetUrl: string): Promise<Door> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((inside) => {
    const outside = keep(connect(Number(target.port), target.hostname));
    keep(inside).pipe(outside).pipe(inside);
  });
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const port = await listen(0);
  await close();
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    open: async () => {
      await listen(port);
    },
    close,
  };
}
