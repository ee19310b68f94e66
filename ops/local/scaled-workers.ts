/** The pools of the local stack: what each rule reads, and where. */

import { writeFileSync } from 'node:fs';
import postgres from 'postgres';
import { countOrdersOfLastHour } from '#db/order-rate.ts';
import { readStream } from '#ops/audit/stream-source.ts';
import { SCALED_GROUPS } from '#workers/groups.ts';
import { SCALING } from '#workers/scaling.ts';
import { SCALED_TARGETS, type ShopOptions, urlOf, workersPart } from './parts.ts';
import { choosePorts } from './ports.ts';
import type { ServerUrls } from './servers.ts';
import type { Supervisor } from './supervisor.ts';
import { startPool, type WorkerPool } from './worker-pools.ts';

/** No step of the table lies beyond it. */
const MOST_ORDERS = 10_000;
const CONNECT_TIMEOUT_SECONDS = 2;

interface Readings {
  readonly email: () => Promise<number>;
  readonly inventory: () => Promise<number>;
  close(): Promise<void>;
}

/** Messages that nobody has dealt with yet: those in hand count, too. */
export async function queueDepth(natsUrl: string, consumers: readonly string[]): Promise<number> {
  const states = await readStream(natsUrl);
  const own = states.filter(({ name }) => consumers.includes(name));
  return own.reduce((sum, { waiting }) => sum + waiting, 0);
}

function openReadings({ natsUrl, databaseUrl }: ServerUrls): Readings {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: CONNECT_TIMEOUT_SECONDS });
  return {
    email: () => queueDepth(natsUrl, SCALED_GROUPS.email),
    inventory: () => countOrdersOfLastHour(sql, Date.now(), MOST_ORDERS),
    close: () => sql.end({ timeout: CONNECT_TIMEOUT_SECONDS }),
  };
}

export function startScaledWorkers(
  shop: ShopOptions,
  supervisor: Supervisor,
  say: (text: string) => void,
): WorkerPool {
  const readings = openReadings(shop.servers);
  const addresses = followAddresses();
  const pools = (['email', 'inventory'] as const).map((group) =>
    startPool({
      ...{ group, say },
      supervisor: {
        start: (part) => supervisor.start(part),
        retire: (name) => {
          addresses.forget(name);
          return supervisor.retire(name);
        },
      },
      rule: SCALING[group],
      read: readings[group],
      makePart: async (name) => {
        const { port } = await choosePorts({ port: 0 });
        addresses.note(name, urlOf(port));
        return workersPart(shop, { name, port, consumers: group });
      },
    }),
  );
  return {
    stop: async () => {
      await Promise.all(pools.map((pool) => pool.stop()));
      await readings.close();
    },
  };
}

/** Keeps the file of those that run, for the operators' console. */
function followAddresses() {
  const running = new Map<string, string>();
  // At once: the pools must not overtake each other.
  const write = () =>
    writeFileSync(SCALED_TARGETS, [...running.values()].map((url) => `workers=${url}\n`).join(''));
  write();
  return {
    note: (name: string, url: string) => {
      running.set(name, url);
      write();
    },
    forget: (name: string) => {
      running.delete(name);
      write();
    },
  };
}
