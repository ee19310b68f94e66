/** A Redis of a test's own, to be killed, frozen and started again at will. What it held comes back with it. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { providePrograms } from '#ops/local/packages.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { redisAnswers } from '#ops/local/redis.ts';
import { eventually } from './eventually.ts';

export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Neither answers nor hangs up, until {@link thaw}. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const [program] = await providePrograms(['redis-server']);
  if (program === undefined) throw new Error('redis-server was not provided.');
  const { port } = await choosePorts({ port: 0 });
  await mkdir(LOCAL, { recursive: true });
  const folder = await mkdtemp(join(LOCAL, 'redis-'));
  const url = `redis://${LOOPBACK}:${port}/0`;
  const address = ['--bind', LOOPBACK, '--port', String(port), '--dir', folder];
  const files = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  let child: Bun.Subprocess | null = null;
  const kill = async () => {
    child?.kill('SIGKILL');
    await child?.exited;
    child = null;
  };
  const redis: TestRedis = {
    url,
    start: async () => {
      child = Bun.spawn([program.path, ...address, ...files], {
        env: { ...process.env, ...program.environment },
        stdio: ['ignore', 'ignore', 'ignore'],
      });
      await eventually('redis answers', () => redisAnswers(url).catch(() => false));
    },
    kill,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
