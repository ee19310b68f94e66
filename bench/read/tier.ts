/** Which tier an answer came from, by its `Cache-Status` (RFC 9211). */

export type Tier = 'edge' | 'memory' | 'redis' | 'none';

/**
 * The nearest tier that says `hit`. An edge that hits repeats what the origin said when the answer was stored, so
 * the edge is looked at first.
 */
export function tierOf(cacheStatus: string | null): Tier {
  const members = (cacheStatus ?? '').toLowerCase().split(',');
  const hits = members.filter((member) => /;\s*hit\b/.test(member));
  if (hits.some((member) => member.includes('edge'))) return 'edge';
  if (hits.some((member) => member.includes('memory'))) return 'memory';
  return hits.some((member) => member.includes('redis')) ? 'redis' : 'none';
}

const TIMEOUT_MS = 10_000;
const PROBES = 3;

/** The tier that answers once everything in front of it is warm. */
export async function settledTier(url: string, headers: Readonly<Record<string, string>>): Promise<Tier> {
  let tier: Tier = 'none';
  for (let probe = 0; probe < PROBES; probe += 1) {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    tier = tierOf(answer.headers.get('cache-status'));
  }
  return tier;
}
