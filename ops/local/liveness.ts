/** Watches whether a part that runs also works: a process may stand still, or lose a child that it needs. */

import type { Part } from './part.ts';

const PROBE_EVERY_MS = 1_000;
/** One slow answer is no death; so many in a row are. */
const MISSED_PROBES = 4;

/** Calls back once, after probes have failed in a row. @returns what ends the watch. */
export function watchLiveness(part: Part, onDead: () => void): () => void {
  let missed = 0;
  let isWatching = true;
  const look = async () => {
    while (isWatching) {
      await Bun.sleep(PROBE_EVERY_MS);
      const isLive = (await part.isLive?.().catch(() => false)) ?? true;
      missed = isLive ? 0 : missed + 1;
      if (missed < MISSED_PROBES || !isWatching) continue;
      isWatching = false;
      onDead();
    }
  };
  if (part.isLive !== undefined) void look();
  return () => {
    isWatching = false;
  };
}
