/** The origin as a process of its own, to be killed, frozen and started again on the same port. */

import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { answersOk } from '#ops/local/waiting.ts';
import type { SharedConfig } from '#origin/config.ts';
import { eventually } from './eventually.ts';
import { TEST_CONFIG } from './origin.ts';
import { asRole } from './stack.ts';

export interface OriginProcess {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | undefined>;
  /** Neither answers nor hangs up, until {@link thaw}. */
  freeze(): void;
  thaw(): void;
}

/** It ends with {@link OriginProcess.kill}. */
export async function startOrigin(
  config: SharedConfig,
  other: Readonly<Record<string, string>> = {},
): Promise<OriginProcess> {
  const { port } = await choosePorts({ port: 0 });
  const url = `http://${LOOPBACK}:${port}`;
  const databaseUrl = asRole(config.DATABASE_URL, 'origin');
  const variables = Object.entries({
    ...config,
    ...TEST_CONFIG,
    DATABASE_URL: databaseUrl,
    ORIGIN_PORT: port,
    LOG_LEVEL: 'error',
    ...other,
  });
  const environment = Object.fromEntries(variables.map(([name, value]) => [name, String(value)]));
  let child: Bun.Subprocess | null = null;
  const origin: OriginProcess = {
    url,
    start: async () => {
      child = Bun.spawn([process.execPath, 'origin/main.ts'], {
        cwd: CHECKOUT,
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await eventually('the origin is ready', () => answersOk(`${url}/readyz`).catch(() => false));
    },
    kill: async () => {
      child?.kill('SIGKILL');
      await child?.exited;
      child = null;
    },
    stop: async () => {
      child?.kill('SIGTERM');
      return child?.exited;
    },
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
  };
  await origin.start();
  return origin;
}
