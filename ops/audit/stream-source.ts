/** What JetStream still owes its consumers. A stream that is not there owes nothing: the outbox is the truth. */

import { type ConsumerInfo, connect, ErrorCode, type JetStreamManager, NatsError } from 'nats';
import type postgres from 'postgres';
import { SECOND_MS } from '#lib/clock.ts';
import { EVENT_STREAM } from '#lib/events.ts';

const TIMEOUT_MS = 5 * SECOND_MS;

export interface ConsumerState {
  readonly name: string;
  /** Not delivered, or delivered and not acknowledged. */
  readonly waiting: number;
  /** When the first of them was published; null when nothing waits. */
  readonly oldestAt: Date | null;
}

/** @throws when NATS does not answer. */
export async function readStream(natsUrl: string): Promise<ConsumerState[]> {
  const { username, password, host } = new URL(natsUrl);
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  const login = user === '' ? {} : pass === '' ? { token: user } : { user, pass };
  const nats = await connect({ servers: host, ...login, timeout: TIMEOUT_MS, reconnect: false });
  try {
    const manager = await nats.jetstreamManager({ timeout: TIMEOUT_MS, checkAPI: false });
    const states: ConsumerState[] = [];
    for await (const info of manager.consumers.list(EVENT_STREAM)) states.push(await stateOf(manager, info));
    return states;
  } catch (error) {
    if (error instanceof NatsError && error.code === ErrorCode.JetStream404NoMessages) return [];
    if (error instanceof NatsError && /stream not found/.test(error.message)) return [];
    throw error;
  } finally {
    await nats.close();
  }
}

async function stateOf(manager: JetStreamManager, info: ConsumerInfo): Promise<ConsumerState> {
  const waiting = info.num_pending + info.num_ack_pending;
  if (waiting === 0) return { name: info.name, waiting, oldestAt: null };
  const next = { seq: info.ack_floor.stream_seq + 1, next_by_subj: info.config.filter_subject ?? '>' };
  const oldest = await manager.streams.getMessage(EVENT_STREAM, next).catch(() => null);
  return { name: info.name, waiting, oldestAt: oldest?.time ?? null };
}

export async function writeConsumers(sql: postgres.Sql, states: readonly ConsumerState[]): Promise<void> {
  if (states.length === 0) return;
  const rows = states.map(({ name, waiting, oldestAt }) => ({ name, waiting, oldest_at: oldestAt }));
  await sql`insert into audit_consumers ${sql(rows)}`;
}
