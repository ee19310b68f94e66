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
  /** Asks it to end, as an orchestrator does, and waits until it has. Gives back its exit code. */
  stop(): Promise<number>;
  /** Neither answers nor hangs up, until {@link thaw}. */
  freeze(): void;
  thaw(): void;
  /** As in a rolling restart: what is in flight is finished, and it comes back with these variables beside its others. */
  restart(other: Readonly<Record<string, string>>): Promise<void>;
}

/** It ends with {@link OriginProcess.kill}. @param own variables in place of a test's usual ones, for a process at this address */
export async function startOrigin(
  config: SharedConfig,
  own: (url: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<OriginProcess> {
  const { port } = await choosePorts({ port: 0 });
  const url = `http://${LOOPBACK}:${port}`;
  const databaseUrl = asRole(config.DATABASE_URL, 'origin');
  const variables = Object.entries({
    ...config,
    ...TEST_CONFIG,
    DATABASE_URL: databaseUrl,
    ORIGIN_PORT: port,
    DRAIN_SECONDS: '0',
    LOG_LEVEL: 'error',
    ...own(url),
  });
  const environment: Record<string, string> = Object.fromEntries(
    variables.map(([name, value]) => [name, String(value)]),
  );
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
      const code = (await child?.exited) ?? 0;
      child = null;
      return code;
    },
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    restart: async (other) => {
      await origin.stop();
      Object.assign(environment, other);
      await origin.start();
    },
  };
  await origin.start();
  return origin;
}
