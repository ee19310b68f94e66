/** How the shop is, by what it stands on. Only Postgres is needed to serve; Redis and NATS are missed. */

import { pingDatabase } from '#db/health.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import type { Deps } from '#origin/deps.ts';

type CheckStatus = 'up' | 'down';

export interface Health {
  /** `degraded`: shoppers are served, though something is missing. */
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: Readonly<Record<'postgres' | 'redis' | 'nats', CheckStatus>>;
}

const CHECK_TIMEOUT_MS = 2 * SECOND_MS;

export async function checkHealth({ db, sharedCache, bus }: Deps): Promise<Health> {
  const [postgres, redis, nats] = await Promise.all([
    statusOf(pingDatabase(db)),
    statusOf(sharedCache.ping()),
    statusOf(bus.ping()),
  ]);
  const checks = { postgres, redis, nats };
  if (postgres === 'down') return { status: 'down', checks };
  return { status: redis === 'up' && nats === 'up' ? 'ok' : 'degraded', checks };
}

function statusOf(check: Promise<void>): Promise<CheckStatus> {
  const answered = check.then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return withDeadline(answered, CHECK_TIMEOUT_MS, () => 'down' as const);
}
