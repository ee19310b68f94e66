/** The whole shop as processes of their own, in front of a test's servers: edge, origin and workers, and what they log. */

import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { present } from '#lib/assert.ts';
import { PURGE_PATH } from '#lib/edge-contract.ts';
import { startEdge } from '#ops/edge/run.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { answersOk } from '#ops/local/waiting.ts';
import { PURGE_SECRET } from './edge.ts';
import { eventually } from './eventually.ts';
import { type OriginUnderTest, TEST_CONFIG } from './origin.ts';
import { asRole } from './stack.ts';

export type LogLine = Readonly<Record<string, unknown>>;

export interface ShopProcesses {
  readonly edgeUrl: string;
  readonly originUrl: string;
  /** What each process has logged. */
  readonly lines: Readonly<Record<'edge' | 'origin' | 'workers', readonly LogLine[]>>;
  stop(): Promise<void>;
}

export interface ShopProcessesOptions {
  readonly smtpUrl: string;
  /** For origin and workers. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For the edge. */
  readonly vars?: Readonly<Record<string, string>>;
}

const MANY = 1_000_000;

export async function startShopProcesses(
  shop: OriginUnderTest,
  { smtpUrl, environment = {}, vars = {} }: ShopProcessesOptions,
): Promise<ShopProcesses> {
  const lines = { edge: [] as LogLine[], origin: [] as LogLine[], workers: [] as LogLine[] };
  const ports = await choosePorts({ origin: 0, workers: 0, edge: 0 });
  const [originUrl, workersUrl] = [ports.origin, ports.workers].map((port) => `http://${LOOPBACK}:${port}`);
  const edge = await startEdge({
    port: ports.edge,
    originUrl: present(originUrl, 'the origin’s address'),
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    limits: { ANONYMOUS_LIMITER: MANY, WEBHOOK_LIMITER: MANY },
    vars,
    onLog: (line) => keep(lines.edge, line),
  });
  const start = (part: 'origin' | 'workers', own: object) => {
    const all = {
      ...{ ...shop.config, ...TEST_CONFIG, DATABASE_URL: asRole(shop.databaseUrl, part) },
      ...{ ...environment, ...own },
    };
    const text = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, String(value)]));
    const child = Bun.spawn([process.execPath, `${part}/main.ts`], {
      cwd: CHECKOUT,
      env: { PATH: process.env['PATH'], ...text },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = Readable.fromWeb(child.stdout as never);
    createInterface({ input: output }).on('line', (line) => keep(lines[part], line));
    return child;
  };
  const children = [
    start('origin', { ORIGIN_PORT: ports.origin }),
    start('workers', {
      ...{ WORKERS_PORT: ports.workers, SMTP_URL: smtpUrl },
      ...{ EDGE_PURGE_URL: `${edge.url}${PURGE_PATH}`, EDGE_PURGE_SECRET: PURGE_SECRET },
    }),
  ];
  for (const url of [originUrl, workersUrl]) {
    await eventually(`${url} is ready`, () => answersOk(`${url}/readyz`).catch(() => false));
  }
  return {
    edgeUrl: edge.url,
    originUrl: present(originUrl, 'the origin’s address'),
    lines,
    stop: async () => {
      for (const child of children) child.kill('SIGTERM');
      await Promise.all(children.map((child) => child.exited));
      await edge.stop();
    },
  };
}

/** workerd's own lines are no JSON. */
function keep(lines: LogLine[], line: string): void {
  try {
    lines.push(JSON.parse(line) as LogLine);
  } catch {
    // Not of ours.
  }
}
