/**
 * The loop around every handler: pull, decode, handle, then acknowledge, try again later, or park the message
 * where an operator finds it. A handler may see an event more than once and at the same time as another.
 */

import { parkDeadLetter } from '#db/dead-letters.ts';
import { markHandled } from '#db/outbox.ts';
import { inSpan, inTrace } from '#db/trace-scope.ts';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import {
  decodeEvent,
  EventDecodeError,
  type EventName,
  type ShopEvent,
  subjectOf,
  UnknownEventError,
} from '#lib/events.ts';
import { type EventId, isUuid } from '#lib/ids.ts';
import { maskedReason } from '#lib/log.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import { newTrace, parseTraceparent, type Traceparent } from '#lib/trace.ts';
import type { Delivery, Deps } from '#origin/deps.ts';

export interface Consumer {
  /** Durable name of the consumer, and its name in the inbox. */
  readonly name: string;
  /** Event name or wildcard: `order.paid`, `product.*`. */
  readonly filter: EventName | `${string}.*`;
  /** Done when it resolves. An {@link AppError} that is not retryable parks the message at once. */
  handle(deps: Deps, event: ShopEvent): Promise<void>;
}

/** How often a message is tried, and the exponential backoff in between. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
}

const RETRIES: RetryPolicy = { maxAttempts: 8, firstRetryMs: SECOND_MS, maxRetryMs: 60 * SECOND_MS };
const RESTART_MS = SECOND_MS;
/**
 * Longer than a release takes: so long an event of another one is kept for a process that knows it. Not much longer,
 * for what waits takes the consumer's room.
 */
const UNKNOWN_FOR_MS = 15 * MINUTE_MS;

/** Runs until the signal aborts; what it has in hand then is finished. */
export async function runConsumer(
  deps: Deps,
  consumer: Consumer,
  signal: AbortSignal,
  retries: RetryPolicy = RETRIES,
): Promise<void> {
  const work = { deps, consumer, retries };
  const spec = { name: consumer.name, filter: consumer.filter };
  while (!signal.aborted) {
    try {
      await deps.bus.ensureStream();
      await deps.bus.pull(spec, (delivery) => take(work, delivery), signal);
    } catch (error) {
      deps.log.warn('a consumer lost its stream and begins again', { consumer: consumer.name, error });
    }
    await pause(RESTART_MS, signal);
  }
}

interface Work {
  readonly deps: Deps;
  readonly consumer: Consumer;
  readonly retries: RetryPolicy;
}

async function take({ deps: shared, consumer, retries }: Work, delivery: Delivery): Promise<void> {
  const startedAt = performance.now();
  const inHand = shared.vitals.begin(`the consumer ${consumer.name}`);
  const deps = { ...shared, inHand };
  const work = { deps, consumer, retries };
  const outcome = await inTraceOf(deps, delivery.data, () => attempt(work, delivery)).finally(inHand.ended);
  const seconds = (performance.now() - startedAt) / SECOND_MS;
  deps.metrics.count('messages_handled_total', { consumer: consumer.name, outcome });
  deps.metrics.observe('message_duration_seconds', { consumer: consumer.name }, seconds);
}

async function attempt(work: Work, delivery: Delivery): Promise<'done' | 'retried' | 'parked'> {
  const { deps, consumer, retries } = work;
  try {
    await handleMessage(deps, consumer, delivery.data);
    delivery.ack();
    return 'done';
  } catch (error) {
    const isNoFailure = isBeingHandled(error) || isOfAnotherRelease(error, deps.clock.now());
    if (isNoFailure || (isWorthRetrying(error) && delivery.attempt < retries.maxAttempts)) {
      const waitMs = retryAfterMs(retries, delivery.attempt);
      deps.log.warn('a message failed and is tried again', { consumer: consumer.name, waitMs, error });
      delivery.retry(waitMs);
      return 'retried';
    }
    return park(work, delivery, error);
  }
}

/** Work on a message, in its event's trace; on one that nobody asked for, in a trace of its own. */
export function inTraceOf<T>({ spans }: Deps, message: Uint8Array, work: () => Promise<T>): Promise<T> {
  return inTrace(envelopeIn(message).traceparent ?? newTrace(), spans, work);
}

/**
 * Hands the event in the message to the consumer, and notes that it is done: what has no such note counts as lost and
 * comes again.
 */
export async function handleMessage(deps: Deps, consumer: Consumer, message: Uint8Array): Promise<void> {
  const event = decodeEvent(message);
  const log = deps.log.with({ consumer: consumer.name, event: event.name, eventId: event.id });
  const start = {
    name: `process ${event.name}`,
    kind: 'consumer',
    attributes: {
      ...{ 'messaging.system': 'nats', 'messaging.destination.name': subjectOf(event.name) },
      ...{ 'messaging.consumer.group.name': consumer.name, 'messaging.message.id': event.id },
    },
  } as const;
  await inSpan(start, async () => {
    await consumer.handle({ ...deps, log }, event);
    await markHandled(deps.db, consumer.name, event.id);
    log[event.traceparent === null ? 'debug' : 'info']('a message was handled');
  });
}

/** A message that cannot even be parked goes back: it must not be lost. */
async function park({ deps, consumer, retries }: Work, delivery: Delivery, error: unknown) {
  const { name } = consumer;
  deps.log.error('a message is parked for an operator', { consumer: name, error });
  try {
    const { data: message, attempt: attempts } = delivery;
    const letter = {
      consumer: name,
      eventId: envelopeIn(message).id,
      message,
      reason: maskedReason(error),
      attempts,
    };
    await parkDeadLetter(deps.db, letter);
    delivery.drop();
    return 'parked' as const;
  } catch (cause) {
    deps.log.error('a message could not be parked', { consumer: name, error: cause });
    delivery.retry(retries.maxRetryMs);
    return 'retried' as const;
  }
}

interface EnvelopeIn {
  readonly id: EventId | null;
  readonly traceparent: Traceparent | null;
}

/** Also of an event that this process does not know. */
function envelopeIn(message: Uint8Array): EnvelopeIn {
  try {
    const { id, traceparent } = JSON.parse(new TextDecoder().decode(message)) as Record<string, unknown>;
    return {
      id: typeof id === 'string' && isUuid(id) ? (id as EventId) : null,
      traceparent: typeof traceparent === 'string' ? parseTraceparent(traceparent) : null,
    };
  } catch {
    return { id: null, traceparent: null };
  }
}

/** Another worker is at it, which is no failure: its lease ends, at the latest, when it was killed. */
function isBeingHandled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'idempotency_in_progress';
}

function isOfAnotherRelease(error: unknown, now: Date): boolean {
  if (!(error instanceof UnknownEventError)) return false;
  return Math.abs(now.getTime() - error.occurredAt.getTime()) < UNKNOWN_FOR_MS;
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof EventDecodeError) return false;
  return error instanceof AppError ? PROBLEMS[error.code].retryable : true;
}

/** Exponential, with half of it random, so that messages that failed together do not return together. */
function retryAfterMs({ firstRetryMs, maxRetryMs }: RetryPolicy, attemptsSoFar: number): number {
  const ceiling = Math.min(firstRetryMs * 2 ** (attemptsSoFar - 1), maxRetryMs);
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}

/** Resolves after the time, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}
