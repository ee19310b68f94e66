/** What waits in JetStream: the stream as a whole, and what each consumer has yet to do. */

import { type ConsumerInfo, type JetStreamManager, type NatsConnection, NatsError } from 'nats';
import { EVENT_STREAM } from '#lib/events.ts';
import { CALL_MS, NOT_FOUND } from './nats-stream.ts';

export interface ConsumerBacklog {
  readonly name: string;
  /** Not yet given to anybody. */
  readonly pending: number;
  /** Given to somebody who has not ended them. */
  readonly ackPending: number;
  /** Of the oldest message that is not ended; 0 without one. */
  readonly oldestAgeMs: number;
}

export interface Backlog {
  readonly messages: number;
  readonly bytes: number;
  readonly consumers: readonly ConsumerBacklog[];
}

const NOTHING: Backlog = { messages: 0, bytes: 0, consumers: [] };

/** Nothing where there is no stream yet. */
export async function readBacklog(nats: NatsConnection): Promise<Backlog> {
  const manager = await nats.jetstreamManager({ timeout: CALL_MS, checkAPI: false });
  try {
    const { state } = await manager.streams.info(EVENT_STREAM);
    const infos = await manager.consumers.list(EVENT_STREAM).next();
    const consumers = await Promise.all(infos.map((info) => backlogOf(manager, info)));
    return { messages: state.messages, bytes: state.bytes, consumers };
  } catch (error) {
    if (error instanceof NatsError && error.code === NOT_FOUND) return NOTHING;
    throw error;
  }
}

/** Null where nothing waits, or the consumer or the stream is not there. */
export async function readOldestWaiting(nats: NatsConnection, consumer: string): Promise<number | null> {
  const manager = await nats.jetstreamManager({ timeout: CALL_MS, checkAPI: false });
  try {
    const backlog = await backlogOf(manager, await manager.consumers.info(EVENT_STREAM, consumer));
    return backlog.pending + backlog.ackPending === 0 ? null : backlog.oldestAgeMs;
  } catch (error) {
    if (error instanceof NatsError && error.code === NOT_FOUND) return null;
    throw error;
  }
}

async function backlogOf(manager: JetStreamManager, info: ConsumerInfo): Promise<ConsumerBacklog> {
  const { name, num_pending: pending, num_ack_pending: ackPending } = info;
  const oldestAgeMs = pending + ackPending === 0 ? 0 : await oldestAge(manager, info);
  return { name, pending, ackPending, oldestAgeMs };
}

/** Everything up to the floor is ended. What was ended behind it out of turn counts as well, for as long as it waits there. */
async function oldestAge(
  manager: JetStreamManager,
  { ack_floor: floor, config }: ConsumerInfo,
): Promise<number> {
  try {
    const subject = config.filter_subject ?? '>';
    const query = { seq: floor.stream_seq + 1, next_by_subj: subject };
    const { time } = await manager.streams.getMessage(EVENT_STREAM, query);
    return Math.max(0, Date.now() - time.getTime());
  } catch (error) {
    // It was ended since, or has left the stream.
    if (error instanceof NatsError && error.code === NOT_FOUND) return 0;
    throw error;
  }
}
