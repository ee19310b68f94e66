/**
 * `npm run check [-- --fix]`: everything that can be known without a server: format, lint, types, what nobody
 * uses, the architecture, unit tests, the API's document. One line a step; only a failed step says more.
 */

import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const HELP = `Checks format, lint, types, unused code, the architecture, dependencies, unit tests and the API's document.

  npm run check              exit code 1 when a step fails
  npm run check -- --fix     mends format, imports and what else Biome can mend, then checks
  npm run check -- --help    this text`;

const ROOT = join(import.meta.dir, '..');
const STEP_TIMEOUT_MS = 120_000;
const MAX_PARALLEL_STEPS = 4;
const API_DOCUMENT = join('.local', 'check', 'openapi.json');
const NAME_COLUMNS = 24;

interface Step {
  readonly name: string;
  /** Run one after the other; the first that fails ends the step. */
  readonly commands: readonly (readonly string[])[];
}

interface Outcome {
  readonly step: Step;
  readonly isOk: boolean;
  readonly seconds: number;
  readonly output: string;
}

const bun = (...args: readonly string[]) => [process.execPath, ...args];
const tool = (name: string, ...args: readonly string[]) => bun(join('node_modules', '.bin', name), ...args);

const FIX: Step = { name: 'mend', commands: [tool('biome', 'check', '--write', '.')] };

/** The slowest first, so that no core waits at the end. */
const STEPS: readonly Step[] = [
  { name: 'format and lint', commands: [tool('biome', 'ci', '--colors=off', '--error-on-warnings', '.')] },
  { name: 'types', commands: [tool('tsc', '--project', '.')] },
  { name: 'unit tests', commands: [bun('test', 'test/unit')] },
  {
    name: 'API document',
    commands: [
      bun('ops/openapi/print.ts', API_DOCUMENT),
      tool('redocly', 'lint', '--config=ops/openapi/redocly.yaml', '--format=stylish', API_DOCUMENT),
    ],
  },
  { name: 'unused code', commands: [tool('knip', '--no-progress', '--no-config-hints')] },
  { name: 'types of the edge', commands: [tool('tsc', '--project', 'edge')] },
  { name: 'types of the console', commands: [tool('tsc', '--project', 'origin/console/page')] },
  { name: 'supply chain', commands: [bun('ops/supply-chain/main.ts', '--check')] },
  { name: 'architecture', commands: [bun('test', 'test/tidy.test.ts')] },
];

/** No tool may look anything up: the check works offline, and says the same every time. */
const ENVIRONMENT = {
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  NO_COLOR: '1',
};

async function runCommand(command: readonly string[]): Promise<{ isOk: boolean; output: string }> {
  const child = Bun.spawn([...command], {
    cwd: ROOT,
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_TIMEOUT_MS,
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const exitCode = await child.exited;
  const ending =
    child.signalCode === null ? '' : `\nended by ${child.signalCode} (limit: ${STEP_TIMEOUT_MS} ms)`;
  return { isOk: exitCode === 0, output: `${out}${err}${ending}`.trim() };
}

async function runStep(step: Step): Promise<Outcome> {
  const startedAt = performance.now();
  const outputs: string[] = [];
  let isOk = true;
  for (const command of step.commands) {
    const result = await runCommand(command);
    outputs.push(result.output);
    isOk = result.isOk;
    if (!isOk) break;
  }
  const outcome = {
    step,
    isOk,
    seconds: (performance.now() - startedAt) / 1_000,
    output: outputs.join('\n'),
  };
  report(outcome);
  return outcome;
}

function report({ step, isOk, seconds, output }: Outcome): void {
  console.log(
    `${step.name.padEnd(NAME_COLUMNS)}${seconds.toFixed(1).padStart(5)} s  ${isOk ? 'ok' : 'FAILED'}`,
  );
  if (!isOk) console.log(`\n${output}\n`);
}

async function runAll(steps: readonly Step[]): Promise<readonly Outcome[]> {
  const waiting = [...steps];
  const outcomes: Outcome[] = [];
  const takeTurns = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      outcomes.push(await runStep(step));
    }
  };
  const lanes = Math.min(MAX_PARALLEL_STEPS, availableParallelism());
  await Promise.all(Array.from({ length: lanes }, takeTurns));
  return outcomes;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Bun.argv.slice(2),
    options: { fix: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  await mkdir(join(ROOT, '.local', 'check'), { recursive: true });
  if (values.fix === true) await runStep(FIX);
  const startedAt = performance.now();
  const failed = (await runAll(STEPS)).filter(({ isOk }) => !isOk).map(({ step }) => step.name);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    failed.length === 0 ? `\nAll is well (${seconds} s).` : `\nFailed: ${failed.join(', ')} (${seconds} s).`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

await main().catch((error: unknown) => {
  console.error(`check: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
