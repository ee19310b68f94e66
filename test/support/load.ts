/** Many readers at once, by wrk: each asks for the next path as soon as it has an answer. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { providePrograms } from '#ops/local/packages.ts';
import { LOCAL } from '#ops/local/paths.ts';

const SCRIPT = Bun.fileURLToPath(import.meta.resolve('./load.lua'));
const LONGEST_RUN_SECONDS = 240;
/** Longer than the edge waits for an origin. */
const TIMEOUT_SECONDS = 8;
const REPEAT_MS = 100;

const LoadReport = Type.Object({
  answers: Type.Integer(),
  /** Answered with another status than 200. */
  refused: Type.Integer(),
  /** Whose `Cache-Status` tells that they are stale because the origin failed. */
  stale: Type.Integer(),
  /** Not answered. */
  broken: Type.Integer(),
  durationMs: Type.Number(),
  p99Ms: Type.Number(),
  maxMs: Type.Number(),
});
export type LoadReport = Static<typeof LoadReport>;

export interface Readers {
  readonly url: string;
  readonly paths: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  /** The load ends after so many answers; without it, when {@link RunningLoad.stop} is called. */
  readonly answers?: number;
}

export interface RunningLoad {
  readonly report: Promise<LoadReport>;
  stop(): Promise<LoadReport>;
}

export async function startLoad({
  url,
  paths,
  headers = {},
  connections,
  answers = 0,
}: Readers): Promise<RunningLoad> {
  const [wrk] = await providePrograms(['wrk']);
  if (wrk === undefined) throw new Error('wrk was not provided.');
  await mkdir(LOCAL, { recursive: true });
  const file = join(LOCAL, `paths-${process.pid}-${crypto.randomUUID()}`);
  await writeFile(file, `${paths.join('\n')}\n`);
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const times = ['-d', `${LONGEST_RUN_SECONDS}s`, '--timeout', `${TIMEOUT_SECONDS}s`];
  const script = ['-s', SCRIPT, ...fields, url, '--', file, String(answers)];
  const child = Bun.spawn([wrk.path, '-t', '1', '-c', String(connections), ...times, ...script], {
    env: { ...process.env, ...wrk.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let repeated: Timer | undefined;
  // One signal may fall on wrk before it sleeps, and then does not wake it.
  const end = () => {
    repeated ??= setInterval(() => child.kill('SIGINT'), REPEAT_MS);
  };
  const finish = async () => {
    try {
      return await reportOf(child, end);
    } finally {
      clearInterval(repeated);
      await rm(file, { force: true });
    }
  };
  const report = finish();
  return {
    report,
    stop: () => {
      end();
      return report;
    },
  };
}

/** `onEnough`: the script has said something before its report. */
async function reportOf(
  child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>,
  onEnough: () => void,
): Promise<LoadReport> {
  const errors = child.stderr.text();
  const decoder = new TextDecoder();
  let output = '';
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (output.includes('\nenough\n')) onEnough();
  }
  await child.exited;
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`wrk gave no report: ${output}${await errors}`);
  return Value.Parse(LoadReport, JSON.parse(line));
}
