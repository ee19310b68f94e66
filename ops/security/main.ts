/** `npm run test:security`: tries every attack, and says how many were tried and held. See --help. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '#ops/local/paths.ts';
import { CHAPTERS } from '#test/security/requirements.ts';
import { drawAttacks, drawRequirements, readAttacks } from './report.ts';

const HELP = `Tries every attack on a shop of its own, and says how many were tried and held.

  npm run test:security                  test/security, and all tests that hold a requirement of its table
  npm run test:security -- --only        test/security alone
  npm run test:security -- --fuzz 20000  with so many requests made from the API's document, in place of 5000
  npm run test:security -- --seed 7      and another run of them
  npm run test:security -- --scanners    sqlmap, wapiti, ffuf and slowhttptest instead, those that are installed: minutes
  npm run test:security -- --table       OWASP's API ten and ASVS 5.0.0, levels 1 and 2: what holds each; runs nothing
  npm run test:security -- --help        this text

An attack is a test case: one trick, or one rule tried at every operation of the document. Exit code 1 when one got in.`;

const OWN = 'test/security';
/** It holds the table against the tests, and attacks nothing. */
const NO_ATTACK = 'requirements.test.ts';
/** Others' tools, which take minutes and may not be there. */
const SCANNERS = 'scanners.test.ts';

/** Files of tests: those of the folder, and those that the table names. */
async function filesOf(isOnlyOwn: boolean): Promise<string[]> {
  const names = await readdir(join(CHECKOUT, OWN));
  const own = names
    .filter((name) => name.endsWith('.test.ts') && name !== NO_ATTACK && name !== SCANNERS)
    .map((name) => `${OWN}/${name}`);
  const named = CHAPTERS.flatMap(({ requirements }) => requirements).flatMap(({ outcome }) =>
    outcome.kind === 'held' ? outcome.by.map(([file]) => file) : [],
  );
  const others = isOnlyOwn ? [] : named.filter((file) => file.endsWith('.test.ts'));
  return [...new Set([...own, ...others])].toSorted();
}

interface Wanted {
  readonly hasScanners: boolean;
  readonly isOnlyOwn: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

async function attack({ hasScanners, isOnlyOwn, environment }: Wanted): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-security-'));
  const outcome = join(folder, 'junit.xml');
  try {
    const files = hasScanners ? [`${OWN}/${SCANNERS}`] : await filesOf(isOnlyOwn);
    const report = ['--reporter=junit', `--reporter-outfile=${outcome}`];
    const child = Bun.spawn([process.execPath, 'ops/test.ts', ...report, ...files], {
      cwd: CHECKOUT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    const exitCode = await child.exited;
    console.log(drawAttacks(readAttacks(await readFile(outcome, 'utf8'))));
    return exitCode;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      help: { type: 'boolean', short: 'h' },
      only: { type: 'boolean' },
      scanners: { type: 'boolean' },
      table: { type: 'boolean' },
      fuzz: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  if (values.help === true || values.table === true) {
    console.log(values.table === true ? drawRequirements(CHAPTERS) : HELP);
    return 0;
  }
  const given = { FUZZ_REQUESTS: values.fuzz, FUZZ_SEED: values.seed };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!/^\d{1,9}$/.test(value)) throw new Error(`${value} is no whole number`);
    environment[name] = value;
  }
  const hasScanners = values.scanners === true;
  if (hasScanners) environment['SCANNERS'] = 'on';
  return attack({ hasScanners, isOnlyOwn: values.only === true, environment });
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`test:security: ${error instanceof Error ? error.message : String(error)}`);
  return 2;
});
