/** The workers as a process of their own, to be ended and started again. */

import { MINUTE_MS } from '#lib/clock.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { answersOk } from '#ops/local/waiting.ts';
import type { SharedConfig } from '#origin/config.ts';
import { eventually } from './eventually.ts';
import { asRole } from './stack.ts';

export interface WorkersOptions {
  readonly config: SharedConfig;
  readonly smtpUrl: string;
  /** As `WORKERS_CONSUMERS`. */
  readonly consumers: string;
}

export interface WorkersProcess {
  start(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | undefined>;
}

/** What a process of the workers is told, but for its port. */
export function workersEnvironment({ config, smtpUrl, consumers }: WorkersOptions): Record<string, string> {
  const variables = Object.entries({
    ...config,
    DATABASE_URL: asRole(config.DATABASE_URL, 'workers'),
    DATABASE_MAX_CONNECTIONS: 4,
    STRIPE_WEBHOOK_SECRET: 'whsec_test',
    WORKERS_CONSUMERS: consumers,
    SMTP_URL: smtpUrl,
    EDGE_PURGE_URL: 'http://127.0.0.1:9/',
    EDGE_PURGE_SECRET: 'a-purge-secret-of-enough-characters',
    LOG_LEVEL: 'error',
  });
  return Object.fromEntries(variables.map(([name, value]) => [name, String(value)]));
}

/** It ends with {@link WorkersProcess.stop}. */
export async function startWorkersProcess(options: WorkersOptions): Promise<WorkersProcess> {
  const { port } = await choosePorts({ port: 0 });
  let child: Bun.Subprocess | null = null;
  const workers: WorkersProcess = {
    start: async () => {
      child = Bun.spawn([process.execPath, 'workers/main.ts'], {
        cwd: CHECKOUT,
        env: { ...process.env, ...workersEnvironment(options), WORKERS_PORT: String(port) },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const url = `http://${LOOPBACK}:${port}/readyz`;
      await eventually('the workers are ready', () => answersOk(url).catch(() => false), MINUTE_MS);
    },
    stop: async () => {
      child?.kill('SIGTERM');
      return child?.exited;
    },
  };
  await workers.start();
  return workers;
}
