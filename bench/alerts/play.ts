/** Plays a drill: kills, waits until its alerts fire, starts again, waits until they have gone; and when each was. */

import type { ChaosStack } from '#bench/chaos/stack.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { say } from '#ops/local/progress.ts';
import { circuitChanges, type Drill, type ExpectedAlert } from './drills.ts';
import type { Prometheus, Sample } from './prometheus.ts';
import type { AlertWatch } from './watch.ts';

/** In milliseconds; null for what did not come. */
export interface AlertTimes {
  readonly drill: string;
  readonly alert: string;
  readonly waitMs: number;
  /** From the fault, or a circuit's opening, to the first scrape that tells of it. */
  readonly toldMs: number | null;
  readonly pendingMs: number | null;
  /** Without the wait that the rule asks for. */
  readonly firingMs: number | null;
  /** From the repair, or a circuit's closing. */
  readonly resolvedMs: number | null;
  /** From the fault to the circuit's opening, and from the repair to its closing. */
  readonly openedMs: number | null;
  readonly closedMs: number | null;
}

export interface Playing {
  readonly stack: ChaosStack;
  readonly prometheus: Prometheus;
  readonly watch: AlertWatch;
  readonly waits: ReadonlyMap<string, number>;
}

/** Beyond what the rule waits: a circuit has to find out first. */
const PATIENCE_MS = 45 * SECOND_MS;
/** The circuit to Stripe is tried once a minute when it was open for long. */
const RESOLVE_PATIENCE_MS = 90 * SECOND_MS;

export async function play(playing: Playing, drill: Drill): Promise<readonly AlertTimes[]> {
  const { stack, watch, waits } = playing;
  const repair = Promise.withResolvers<void>();
  const faultAtMs = Date.now();
  say(`  ${drill.name}`);
  const back = Promise.all(
    drill.parts.map((part) =>
      stack.supervisor.takeDown(part, {
        signal: part === 'postgres' ? 'SIGQUIT' : 'SIGKILL',
        downMs: 0,
        meanwhile: () => repair.promise,
      }),
    ),
  );
  const waitOf = ({ name }: ExpectedAlert) => waits.get(name) ?? 0;
  const fired = await Promise.all(
    drill.alerts.map((alert) => watch.firing(alert, waitOf(alert) + PATIENCE_MS)),
  ).finally(repair.resolve);
  await back;
  const repairedAtMs = Date.now();
  say(`  ${drill.name}: over`);
  const resolved = await Promise.all(drill.alerts.map((alert) => watch.resolved(alert, RESOLVE_PATIENCE_MS)));
  return Promise.all(
    drill.alerts.map(async (alert, index) => {
      const seen = { ...fired[index], resolvedAtMs: resolved[index] ?? undefined };
      const resolvedBy = seen.resolvedAtMs ?? Number.POSITIVE_INFINITY;
      const began = await beginningOf(playing, alert, { faultAtMs, repairedAtMs, resolvedBy });
      const samples = await playing.prometheus.samples(alert.selector);
      const since = (fromMs: number, atMs: number | undefined) => (atMs === undefined ? null : atMs - fromMs);
      return {
        drill: drill.name,
        alert: `${alert.name}${alert.labels['dependency'] === undefined ? '' : ` ${alert.labels['dependency']}`}`,
        waitMs: waitOf(alert),
        toldMs: since(began.badAtMs, firstBad(samples, alert, began.badAtMs)?.atMs),
        pendingMs: since(began.badAtMs, seen.pendingAtMs),
        firingMs: since(began.badAtMs + waitOf(alert), seen.firingAtMs),
        resolvedMs: since(began.goodAtMs, seen.resolvedAtMs),
        openedMs: alert.circuit === undefined ? null : began.badAtMs - faultAtMs,
        closedMs: (alert.circuit ?? alert.closesBehind) ? began.goodAtMs - repairedAtMs : null,
      };
    }),
  );
}

function firstBad(samples: readonly Sample[], { bad }: ExpectedAlert, fromMs: number): Sample | undefined {
  return samples
    .filter(({ atMs, value }) => atMs >= fromMs && value === bad)
    .toSorted((a, b) => a.atMs - b.atMs)[0];
}

interface Faulty {
  readonly faultAtMs: number;
  readonly repairedAtMs: number;
  readonly resolvedBy: number;
}

/** Of what the alert is about: the fault and the repair themselves, or a circuit that opens and closes after them. */
async function beginningOf({ stack }: Playing, { circuit, closesBehind }: ExpectedAlert, at: Faulty) {
  const logged = circuit ?? closesBehind;
  const changes = logged === undefined ? [] : await circuitChanges(stack, logged);
  const opened = circuit && changes.find(({ atMs, isOpen }) => isOpen && atMs >= at.faultAtMs);
  const closed = changes.findLast(({ atMs, isOpen }) => !isOpen && atMs <= at.resolvedBy);
  return {
    badAtMs: opened?.atMs ?? at.faultAtMs,
    goodAtMs: closed !== undefined && closed.atMs > at.faultAtMs ? closed.atMs : at.repairedAtMs,
  };
}
