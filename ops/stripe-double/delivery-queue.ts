/** Which deliveries are on their way: each once, at its time, a few at the same time. */

import type { Clock } from '#lib/clock.ts';

const MAX_CONCURRENT = 4;
const MAX_KNOWN = 256;

interface Due {
  readonly id: string;
  readonly next_at_ms: number;
}

interface QueueDependencies {
  readonly clock: Clock;
  /** The first deliveries that are still to be made, at most so many. */
  readonly load: (limit: number) => readonly Due[];
  /** Makes one; never rejects. */
  readonly deliver: (id: string) => Promise<void>;
  /** True while nothing may be sent. */
  readonly idle: () => boolean;
}

export interface DeliveryQueue {
  /** Looks for deliveries to be made, once however many ask for it in one turn. */
  wake(): void;
  /** Takes back one whose time has not come, so that the next look sees its new time. */
  takeBack(id: string): void;
  /** Takes back all that have not begun. */
  clear(): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<unknown>;
}

export function createDeliveryQueue({ clock, load, deliver, idle }: QueueDependencies): DeliveryQueue {
  /** Waiting for its time, for a free place, or for the shop's answer. */
  const known = new Set<string>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const ready: string[] = [];
  const active = new Set<Promise<void>>();
  let waking: ReturnType<typeof setTimeout> | null = null;

  function pump(): void {
    while (!idle() && active.size < MAX_CONCURRENT) {
      const id = ready.shift();
      if (id === undefined) return;
      const delivery = deliver(id).finally(() => {
        active.delete(delivery);
        known.delete(id);
        pump();
        wake();
      });
      active.add(delivery);
    }
  }

  function look(): void {
    waking = null;
    if (idle()) return;
    for (const { id, next_at_ms: atMs } of load(MAX_KNOWN)) {
      if (known.has(id)) continue;
      const due = () => {
        timers.delete(id);
        ready.push(id);
        pump();
      };
      known.add(id);
      timers.set(id, setTimeout(due, Math.max(0, atMs - clock.now().getTime())));
    }
  }

  function wake(): void {
    if (!idle() && known.size < MAX_KNOWN) waking ??= setTimeout(look, 0);
  }

  function takeBack(id: string): void {
    if (!timers.has(id)) return;
    clearTimeout(timers.get(id));
    timers.delete(id);
    known.delete(id);
  }

  return {
    wake,
    takeBack,
    clear: () => {
      if (waking !== null) clearTimeout(waking);
      waking = null;
      for (const id of [...timers.keys()]) takeBack(id);
      for (const id of ready.splice(0)) known.delete(id);
    },
    settled: () => Promise.allSettled(active),
  };
}
