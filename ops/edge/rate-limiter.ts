/**
 * Cloudflare's rate limiting binding for the local edge: fixed windows on the clock, counted in memory. workerd has
 * none of its own and calls the default export with what the configuration says of each.
 */

import type { RateLimiter } from '#edge/env.ts';
import { SECOND_MS } from '#lib/clock.ts';

/** Beyond it the window's first keys count anew: nobody's flood of addresses fills the memory. */
const MAX_KEYS = 100_000;

interface Settings {
  readonly limit: number;
  readonly periodSeconds: number;
}

export default function createRateLimiter({ limit, periodSeconds }: Settings): RateLimiter {
  const counts = new Map<string, number>();
  let window = 0;
  return {
    async limit({ key }) {
      const current = Math.floor(Date.now() / (periodSeconds * SECOND_MS));
      if (current !== window) counts.clear();
      window = current;
      const count = counts.get(key) ?? 0;
      if (count >= limit) return { success: false };
      counts.set(key, count + 1);
      if (counts.size > MAX_KEYS) dropFirst(counts);
      return { success: true };
    },
  };
}

function dropFirst(counts: Map<string, number>): void {
  const [first] = counts.keys();
  if (first !== undefined) counts.delete(first);
}
