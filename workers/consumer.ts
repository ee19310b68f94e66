/**
 * The loop around every handler: pull, decode, handle, then acknowledge, try again later, or park the message
 * where an operator finds it. A handler may see an event more than once and at the same time as another.
 */

import { parkDeadLetter } from '#db/dead-letters.ts';
import { markHandled } from '#db/outbox.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { decodeEvent, EventDecodeError, type EventName, type ShopEvent } from '#lib/events.ts';
import { type EventId, isUuid } from '#lib/ids.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import { continueTrace, traceId } from '#lib/trace.ts';
import { type Delivery, type Deps, withTrace } from '#origin/deps.ts';

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

async function take(work: Work, delivery: Delivery): Promise<void> {
  const { deps, consumer } = work;
  const startedAt = performance.now();
  const ended = deps.vitals.begin(`the consumer ${consumer.name}`);
  const outcome = await attempt(work, delivery).finally(ended);
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
    if (isBeingHandled(error) || (isWorthRetrying(error) && delivery.attempt < retries.maxAttempts)) {
      const waitMs = retryAfterMs(retries, delivery.attempt);
      deps.log.warn('a message failed and is tried again', { consumer: consumer.name, waitMs, error });
      delivery.retry(waitMs);
      return 'retried';
    }
    return park(work, delivery, error);
  }
}

/**
 * Hands the event in the message to the consumer, within the event's trace, and notes that it is done: what has no
 * such note counts as lost and comes again.
 */
export async function handleMessage(deps: Deps, consumer: Consumer, message: Uint8Array): Promise<void> {
  const event = decodeEvent(message);
  const traceparent = continueTrace(event.traceparent);
  const log = deps.log.with({
    traceId: traceId(traceparent),
    consumer: consumer.name,
    event: event.name,
    eventId: event.id,
  });
  await consumer.handle(withTrace(deps, traceparent, log), event);
  await markHandled(deps.db, consumer.name, event.id);
}

/** For people: why a message is parked. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** A message that cannot even be parked goes back: it must not be lost. */
async function park({ deps, consumer, retries }: Work, delivery: Delivery, error: unknown) {
  const { name } = consumer;
  deps.log.error('a message is parked for an operator', { consumer: name, error });
  try {
    const { data: message, attempt: attempts } = delivery;
    const letter = { consumer: name, eventId: idIn(message), message, reason: reasonOf(error), attempts };
    await parkDeadLetter(deps.db, letter);
    delivery.drop();
    return 'parked' as const;
  } catch (cause) {
    deps.log.error('a message could not be parked', { consumer: name, error: cause });
    delivery.retry(retries.maxRetryMs);
    return 'retried' as const;
  }
}

/** Also of an event that this process does not know. */
function idIn(message: Uint8Array): EventId | null {
  try {
    const { id } = JSON.parse(new TextDecoder().decode(message)) as { readonly id?: unknown };
    return typeof id === 'string' && isUuid(id) ? (id as EventId) : null;
  } catch {
    return null;
  }
}

/** Another worker is at it, which is no failure: its lease ends, at the latest, when it was killed. */
function isBeingHandled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'idempotency_in_progress';
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
