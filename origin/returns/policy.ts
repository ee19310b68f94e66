/** For how long goods may be sent back. */

import { after, DAY_MS } from '#lib/clock.ts';

export interface ReturnPolicy {
  /** From when a parcel arrived or, where nobody has said so, left. */
  readonly windowDays: number;
}

const USUAL_DAYS = 30;

export function returnPolicy({ RETURN_WINDOW_DAYS }: { readonly RETURN_WINDOW_DAYS?: number }): ReturnPolicy {
  return { windowDays: RETURN_WINDOW_DAYS ?? USUAL_DAYS };
}

export function windowEnd({ windowDays }: ReturnPolicy, seenOutAt: Date): Date {
  return after(seenOutAt, windowDays * DAY_MS);
}
