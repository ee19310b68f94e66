/** Looks at Prometheus' alerts ten times a second, and keeps when each was first seen in which state. */

import type { ActiveAlert, Prometheus } from './prometheus.ts';

export interface WantedAlert {
  readonly name: string;
  /** Those that tell it from others of the same name. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface AlertWatch {
  /** When the alert became pending by Prometheus' own account, and was seen firing. Null: not before the time was up. */
  firing(
    alert: WantedAlert,
    withinMs: number,
  ): Promise<{ readonly pendingAtMs: number; readonly firingAtMs: number } | null>;
  /** When it was no more among the alerts. */
  resolved(alert: WantedAlert, withinMs: number): Promise<number | null>;
  /** Names of all that have fired so far. */
  fired(): ReadonlySet<string>;
  stop(): void;
}

const LOOK_EVERY_MS = 100;

export function watchAlerts(prometheus: Prometheus, signal: AbortSignal): AlertWatch {
  const fired = new Set<string>();
  let known: readonly ActiveAlert[] = [];
  let lookedAtMs = 0;
  let isOver = false;
  const take = (alerts: readonly ActiveAlert[], askedAtMs: number) => {
    known = alerts;
    lookedAtMs = askedAtMs;
    for (const { state, labels } of alerts) if (state === 'firing') fired.add(labels['alertname'] ?? '');
  };
  const look = async () => {
    while (!isOver && !signal.aborted) {
      const askedAtMs = Date.now();
      const alerts = await prometheus.alerts().catch(() => null);
      if (alerts !== null) take(alerts, askedAtMs);
      await Bun.sleep(LOOK_EVERY_MS);
    }
  };
  void look();
  const find = ({ name, labels }: WantedAlert) =>
    known.find(
      (alert) =>
        alert.labels['alertname'] === name &&
        Object.entries(labels).every(([label, value]) => alert.labels[label] === value),
    );
  const poll = async <T>(withinMs: number, ask: () => T | null): Promise<T | null> => {
    const endsAtMs = Date.now() + withinMs;
    while (Date.now() < endsAtMs) {
      signal.throwIfAborted();
      const found = ask();
      if (found !== null) return found;
      await Bun.sleep(LOOK_EVERY_MS / 2);
    }
    return null;
  };
  return {
    firing: (alert, withinMs) =>
      poll(withinMs, () => {
        const found = find(alert);
        return found?.state === 'firing' ? { pendingAtMs: found.activeAtMs, firingAtMs: lookedAtMs } : null;
      }),
    resolved: (alert, withinMs) => {
      const sinceMs = Date.now();
      return poll(withinMs, () => (find(alert) === undefined && lookedAtMs >= sinceMs ? lookedAtMs : null));
    },
    fired: () => fired,
    stop: () => {
      isOver = true;
    },
  };
}
