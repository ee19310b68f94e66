/** What every operation of the double receives: storage, time, ids and the way to announce an event. */

import type { Clock } from '#lib/clock.ts';
import type { EventSubject, EventType } from './events.ts';
import type { StripeIds } from './ids.ts';
import type { Store } from './store.ts';

export interface Context {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: StripeIds;
  /** The double's own address: where its challenge pages are. */
  readonly baseUrl: string;
  emit(type: EventType, subject: EventSubject, previous?: Readonly<Record<string, unknown>>): void;
}

/** What a handler gives back; a decline is an answer too, for it keeps what the attempt changed. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

export function ok(body: object): Answer {
  return { status: 200, body };
}

export function unixSeconds(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1_000);
}
