/**
 * `npm test [-- PATTERN…]`: starts PostgreSQL, Redis and NATS for this run only, runs the tests against them and
 * ends with the line `N passed, N failed`. Arguments go to `bun test` as they are.
 */

import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { TEST_NATS_ACCOUNTS } from './local/nats.ts';
import { CHECKOUT } from './local/paths.ts';
import { say } from './local/progress.ts';
import { TEST_REDIS_DATABASES } from './local/redis.ts';
import { endLeftovers, openRegister } from './local/register.ts';
import { deadScratch, makeScratch } from './local/scratch.ts';
import { loadSecrets } from './local/secrets.ts';
import { givenUrl, type ServerUrls, startServers } from './local/servers.ts';
import { createSupervisor } from './local/supervisor.ts';
import { readSummary } from './local/test-summary.ts';

const HELP = `Runs the tests against PostgreSQL, Redis and NATS of their own.

  npm test                             all of them
  npm test -- test/integration/origin  those whose path matches; other arguments go to 'bun test' as they are
  npm test -- --update-timings         all of them, and notes how long each file takes: the longest begin first

The last line is 'N passed, N failed'. A server whose URL is in DATABASE_URL, REDIS_URL or NATS_URL is used as it is.
`;

/** Of the folder of the servers. */
const PURPOSE = 'test';
/** By file, in milliseconds: one that takes long and begins last would leave the other processes with nothing to do. */
const TIMINGS = join('test', 'timings.json');
/** A file for each core, so many at most: with more, those would wait for a core that hold the shop to its times. */
const MAX_WORKERS = 5;
/** Of a test or a hook that names none: a machine with much else to do is slow, and that is no failure. */
const TIMEOUT_MS = 60_000;

/** What runs that were killed have left: their servers and their data. */
async function cleanUpAfterOthers(): Promise<void> {
  for (const folder of await deadScratch(PURPOSE)) {
    await endLeftovers(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tests must not depend on what the developer's shell happens to export; only the servers' addresses count. */
function testEnvironment(urls: ServerUrls): Record<string, string> {
  return {
    DATABASE_URL: urls.databaseUrl,
    REDIS_URL: urls.redisUrl,
    NATS_URL: urls.natsUrl,
    ...(givenUrl('REDIS_URL') === undefined ? { TEST_REDIS_DATABASES: String(TEST_REDIS_DATABASES) } : {}),
    ...(givenUrl('NATS_URL') === undefined ? { TEST_NATS_ACCOUNTS: String(TEST_NATS_ACCOUNTS) } : {}),
  };
}

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** Each file in a process state of its own: what one leaks, no other sees. */
async function runTests(args: readonly string[], urls: ServerUrls, signal: AbortSignal): Promise<Outcome> {
  const workers = Math.min(MAX_WORKERS, availableParallelism());
  const flags = [`--parallel=${workers}`, `--timings=${TIMINGS}`, `--timeout=${TIMEOUT_MS}`];
  const child = Bun.spawn([process.execPath, 'test', ...flags, ...args], {
    cwd: CHECKOUT,
    env: { ...process.env, ...testEnvironment(urls) },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const decoder = new TextDecoder();
  let output = '';
  for await (const chunk of child.stderr) {
    process.stderr.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  return { exitCode: await child.exited, output };
}

async function main(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupted.abort());
  }
  await cleanUpAfterOthers();
  const folder = await makeScratch(PURPOSE);
  const register = openRegister(folder);
  const supervisor = createSupervisor({ logFolder: folder, register, say });
  try {
    const secrets = await loadSecrets(folder);
    const urls = await startServers({ folder, secrets, isDurable: false, supervisor });
    interrupted.signal.throwIfAborted();
    const { exitCode, output } = await runTests(args, urls, interrupted.signal);
    const { passed, failed } = readSummary(output);
    if (passed + failed === 0) console.error('No test ran.');
    const isGreen = exitCode === 0 && failed === 0 && passed > 0 && !interrupted.signal.aborted;
    console.log(`\n${passed} passed, ${failed === 0 && !isGreen ? 1 : failed} failed`);
    return isGreen ? 0 : 1;
  } finally {
    await supervisor.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
try {
  if (args.includes('--help')) console.log(HELP);
  else process.exitCode = await main(args);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
}
