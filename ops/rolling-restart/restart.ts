/** Ends one part of the running stack as an orchestrator does, and waits until the launcher has it serving again. */

import { signalProcess } from '#ops/local/processes.ts';
import { readRegister } from '#ops/local/register.ts';
import { waitUntil } from '#ops/local/waiting.ts';

const DEADLINE_MS = 90_000;

/** Those that run, the last started first: whoever stands on another part goes before it. */
export async function partsOf(folder: string): Promise<readonly string[]> {
  return (await readRegister(folder)).map(({ name }) => name).toReversed();
}

/** How long it was away, in milliseconds; null when it was not needed any more and has not come back. */
export async function restartPart(folder: string, name: string): Promise<number | null> {
  const find = async () => (await readRegister(folder)).find((entry) => entry.name === name);
  const before = await find();
  if (before === undefined) return null;
  const begunAt = performance.now();
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
