/**
 * Delivery of events to the shop: signed, in the background, retried with exponential backoff. The state of each
 * delivery is in the store, so that a restart goes on where the last process stopped.
 */

import { createHmac } from 'node:crypto';
import { type Clock, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { createDeliveryQueue } from './delivery-queue.ts';
import { eventsInState, findDelivery, saveDelivery } from './events.ts';
import type { Store } from './store.ts';

export interface WebhookTarget {
  readonly url: string;
  /** `whsec_...`: the key of the signature. */
  readonly secret: string;
}

export interface RetryPolicy {
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly timeoutMs: number;
}

/** About twenty minutes in all: a shop that is restarted meanwhile misses nothing. */
export const LOCAL_RETRIES: RetryPolicy = {
  attempts: 48,
  initialDelayMs: 250,
  maxDelayMs: MINUTE_MS / 2,
  timeoutMs: 10 * SECOND_MS,
};

const MAX_DELAY_DOUBLINGS = 20;

export interface WebhookSettings {
  target: WebhookTarget | null;
  paused: boolean;
}

export interface Webhooks {
  readonly settings: Readonly<WebhookSettings>;
  /** Changes where events go, or holds them; held ones are sent when the hold ends. */
  configure(change: Partial<WebhookSettings>): void;
  /** Sends what waits in the store. Cheap when nothing does. */
  wake(): void;
  /** Sends an event once more, with all its attempts. Returns false when there is no such event. */
  resend(eventId: string): boolean;
  /** Stops sending; what is under way counts as not delivered and is sent again after a restart. */
  stop(): Promise<void>;
}

interface Dependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly retries: RetryPolicy;
}

/** `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, https://docs.stripe.com/webhooks#verify-manually */
function signatureHeader(body: string, secret: string, unixSeconds: number): string {
  const digest = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${digest}`;
}

function delayBeforeAttempt(retries: RetryPolicy, attemptsMade: number): number {
  const doublings = Math.min(attemptsMade - 1, MAX_DELAY_DOUBLINGS);
  return Math.min(retries.initialDelayMs * 2 ** doublings, retries.maxDelayMs);
}

interface Sending extends Dependencies {
  readonly target: WebhookTarget;
  readonly signal: AbortSignal;
}

/** Null when the shop took the event; otherwise why it did not. */
async function send(body: string, { clock, target, retries, signal }: Sending): Promise<string | null> {
  try {
    const seconds = Math.floor(clock.now().getTime() / SECOND_MS);
    const response = await fetch(target.url, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signatureHeader(body, target.secret, seconds),
        'user-agent': 'Stripe/1.0 (+https://docs.stripe.com/webhooks)',
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(retries.timeoutMs)]),
    });
    await response.body?.cancel();
    return response.ok ? null : `HTTP ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown failure';
  }
}

async function deliver(eventId: string, sending: Sending): Promise<void> {
  const { store, clock, log, retries, signal } = sending;
  const row = findDelivery(store, eventId);
  if (row === null || row.state !== 'pending') return;
  const failure = await send(row.body, sending);
  if (signal.aborted) return;
  const attempts = row.attempts + 1;
  const nowMs = clock.now().getTime();
  if (failure === null) {
    saveDelivery(store, eventId, { state: 'delivered', attempts, nextAtMs: nowMs, outcome: null });
    return;
  }
  const state = attempts >= retries.attempts ? 'failed' : 'pending';
  const nextAtMs = nowMs + delayBeforeAttempt(retries, attempts);
  saveDelivery(store, eventId, { state, attempts, nextAtMs, outcome: failure });
  log.warn('a webhook was not taken', { eventId, type: row.type, attempts, failure, state });
}

export function createWebhooks(dependencies: Dependencies, target: WebhookTarget | null): Webhooks {
  const { store, clock, log } = dependencies;
  const settings: WebhookSettings = { target, paused: false };
  const stopping = new AbortController();
  const idle = () => stopping.signal.aborted || settings.paused || settings.target === null;
  const queue = createDeliveryQueue({
    clock,
    idle,
    load: (limit) => eventsInState(store, 'pending', limit),
    deliver: async (eventId) => {
      if (settings.target === null) return;
      try {
        await deliver(eventId, { ...dependencies, target: settings.target, signal: stopping.signal });
      } catch (error) {
        log.error('a delivery broke', { error });
      }
    },
  });
  return {
    settings,
    wake: queue.wake,
    configure: (change) => {
      Object.assign(settings, change);
      if (idle()) queue.clear();
      else queue.wake();
    },
    resend: (eventId) => {
      const row = findDelivery(store, eventId);
      if (row === null) return false;
      const nextAtMs = clock.now().getTime();
      saveDelivery(store, eventId, { state: 'pending', attempts: 0, nextAtMs, outcome: row.outcome });
      queue.takeBack(eventId);
      queue.wake();
      return true;
    },
    stop: async () => {
      stopping.abort();
      queue.clear();
      await queue.settled();
    },
  };
}
