/**
 * Parked messages that an operator has sent again: tried once more here, by their own consumer alone and without
 * the broker, so that no other consumer hears of them twice. What is handled is removed, what fails is parked again.
 */

import { claimAgain, type DeadLetter, parkAgain, removeDeadLetter } from '#db/dead-letters.ts';
import { after, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { maskedReason } from '#lib/log.ts';
import type { Deps } from '#origin/deps.ts';
import { type Consumer, handleMessage, inTraceOf, pause } from './consumer.ts';

/** Longer than any handler takes. */
const LEASE_MS = 2 * MINUTE_MS;
const IDLE_MS = SECOND_MS;

/** Runs until the signal aborts. Any number of processes may run it: they share the work. */
export async function runParkedAgain(
  deps: Deps,
  consumers: readonly Consumer[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const tried = await tryNext(deps, consumers).catch((error: unknown) => {
      deps.log.warn('parked messages could not be tried again', { error });
      return false;
    });
    if (!tried) await pause(IDLE_MS, signal);
  }
}

/** False when there was nothing to try. */
async function tryNext(deps: Deps, consumers: readonly Consumer[]): Promise<boolean> {
  const now = deps.clock.now();
  const letter = await claimAgain(deps.db, {
    consumers: consumers.map(({ name }) => name),
    now,
    leaseUntil: after(now, LEASE_MS),
  });
  const consumer = consumers.find(({ name }) => name === letter?.consumer);
  if (letter === undefined || consumer === undefined) return false;
  await inTraceOf(deps, letter.message, () => tryLetter(deps, consumer, letter));
  return true;
}

async function tryLetter(deps: Deps, consumer: Consumer, letter: DeadLetter): Promise<void> {
  const outcome = await handleMessage(deps, consumer, letter.message).then(
    () => 'done' as const,
    (error: unknown) => ({ error }),
  );
  const labels = { consumer: consumer.name };
  if (outcome === 'done') {
    await removeDeadLetter(deps.db, letter.id);
    deps.metrics.count('messages_handled_total', { ...labels, outcome });
    return;
  }
  deps.log.error('a message that was sent again is parked again', { ...labels, error: outcome.error });
  await parkAgain(deps.db, letter.id, maskedReason(outcome.error), deps.clock.now());
  deps.metrics.count('messages_handled_total', { ...labels, outcome: 'parked' });
}
