/** Ends one part of the running stack as an orchestrator does, and waits until the launcher has it serving again. */

import { listProcesses, signalProcess } from '#ops/local/processes.ts';
import { type Registered, readRegister } from '#ops/local/register.ts';
import { waitUntil } from '#ops/local/waiting.ts';

const DEADLINE_MS = 90_000;

/** Those that run, the last started first: whoever stands on another part goes before it. */
export async function partsOf(folder: string): Promise<readonly string[]> {
  return (await readRegister(folder)).map(({ name }) => name).toReversed();
}

/**
 * How long it took, in milliseconds; null when the part was not needed any more and has not come back. What can be
 * renewed while it serves is.
 */
export async function restartPart(folder: string, name: string): Promise<number | null> {
  const find = async () => (await readRegister(folder)).find((entry) => entry.name === name);
  const before = await find();
  if (before === undefined) return null;
  const begunAt = performance.now();
  if (before.renewSignal !== undefined) {
    await renew(before, before.renewSignal);
    return performance.now() - begunAt;
  }
  signalProcess(before.pid, before.stopSignal);
  let isGone = false;
  await waitUntil(
    name,
    async () => {
      const now = await find();
      isGone = now === undefined;
      return isGone || (now?.pid !== before.pid && now?.serves === true);
    },
    { deadlineMs: DEADLINE_MS },
  );
  return isGone ? null : performance.now() - begunAt;
}

/** Until what the part had started is gone, and something else has taken its place. */
async function renew({ name, pid }: Registered, signal: NodeJS.Signals): Promise<void> {
  const startedBy = async () =>
    (await listProcesses())
      .filter((entry) => entry.group === pid && entry.pid !== pid)
      .map((entry) => entry.pid);
  const before = await startedBy();
  signalProcess(pid, signal);
  await waitUntil(
    name,
    async () => {
      const now = await startedBy();
      return now.length > 0 && !now.some((each) => before.includes(each));
    },
    { deadlineMs: DEADLINE_MS },
  );
}
