/** Load by wrk: as fast as so many connections can, each asking again as soon as it has its answer. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { providePrograms } from '#ops/local/packages.ts';

const SCRIPT = Bun.fileURLToPath(import.meta.resolve('./wrk.lua'));
/** wrk's own limit; a run is ended earlier, by SIGINT, at the millisecond. */
const LONGEST_RUN_SECONDS = 600;
const TIMEOUT_SECONDS = 5;
const REPEAT_MS = 100;
const THREADS = 1;
const US_PER_MS = 1_000;
const US_PER_SECOND = 1_000_000;

const Summary = Type.Object({
  requests: Type.Integer(),
  durationUs: Type.Number(),
  meanUs: Type.Number(),
  p50Us: Type.Number(),
  p99Us: Type.Number(),
  maxUs: Type.Number(),
  refused: Type.Integer(),
  broken: Type.Integer(),
});

export interface Load {
  /** With the path, unless there is a file of paths. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly runMs: number;
  /** A file of paths, one a line, each with headers of its own if need be (wrk.lua), and at which to begin. */
  readonly paths?: {
    readonly file: string;
    readonly from: number;
    /** How long each connection waits on average before it asks again; without it the load is as much as it can be. */
    readonly pauseMs?: number;
  };
  /** Ends the run before its time, with the figures so far. */
  readonly until?: AbortSignal;
  readonly signal: AbortSignal;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answered with a status of 400 or above. */
  readonly refused: number;
  /** Not answered. */
  readonly broken: number;
}

/** With what wrk itself has used of the processor. */
export interface LoadRun extends LoadResult {
  readonly cpuSeconds: number;
}

/** The line of JSON at the end of what wrk prints. */
export function parseSummary(output: string): LoadResult {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  const summary = parseLine(line);
  if (summary === null) throw new Error(`wrk printed no summary: ${output.slice(-500)}`);
  return {
    requests: summary.requests,
    perSecond: (summary.requests * US_PER_SECOND) / summary.durationUs,
    meanMs: summary.meanUs / US_PER_MS,
    p50Ms: summary.p50Us / US_PER_MS,
    p99Ms: summary.p99Us / US_PER_MS,
    refused: summary.refused,
    broken: summary.broken,
  };
}

function parseLine(line: string): Static<typeof Summary> | null {
  try {
    const candidate: unknown = JSON.parse(line);
    return Value.Check(Summary, candidate) ? candidate : null;
  } catch {
    return null;
  }
}

/** @throws {Error} when wrk cannot be had, or when requests failed: such a figure would be of something else. */
export async function runWrk(load: Load): Promise<LoadResult> {
  const result = await runWrkLeniently(load);
  const failed = result.refused + result.broken;
  if (failed > 0)
    throw new Error(`${failed} of ${result.requests} requests to ${load.url} failed under load`);
  if (result.requests === 0) throw new Error(`no request to ${load.url} was answered`);
  return result;
}

/** As {@link runWrk}, for loads whose failures the caller counts. */
export async function runWrkLeniently(load: Load): Promise<LoadRun> {
  const [wrk] = await providePrograms(['wrk']);
  if (wrk === undefined) throw new Error('wrk was not provided.');
  load.signal.throwIfAborted();
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const flags = ['-t', String(THREADS), '-c', String(load.connections), '-d', `${LONGEST_RUN_SECONDS}s`];
  const { file, from, pauseMs = 0 } = load.paths ?? { file: '', from: 0 };
  const paths = file === '' ? [] : ['--', file, String(from), String(pauseMs)];
  const child = Bun.spawn(
    [wrk.path, ...flags, '--timeout', `${TIMEOUT_SECONDS}s`, '-s', SCRIPT, ...headers, load.url, ...paths],
    { env: { ...process.env, ...wrk.environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stopper = createStopper(child, load.runMs);
  const ends = [load.signal, ...(load.until === undefined ? [] : [load.until])];
  for (const end of ends) end.addEventListener('abort', stopper.stop, { once: true });
  try {
    const errors = child.stderr.text();
    const output = await readOutput(child.stdout, stopper.begin);
    await child.exited;
    load.signal.throwIfAborted();
    const cpuUs = Number(child.resourceUsage()?.cpuTime.total ?? 0);
    return { ...parseSummary(output === '' ? await errors : output), cpuSeconds: cpuUs / US_PER_SECOND };
  } finally {
    stopper.clear();
    for (const end of ends) end.removeEventListener('abort', stopper.stop);
  }
}

/** The script says when it has read its file; the run's time counts from then. */
async function readOutput(stream: ReadableStream<Uint8Array>, onReady: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let output = '';
  for await (const chunk of stream) {
    if (output === '') onReady();
    output += decoder.decode(chunk, { stream: true });
  }
  return output;
}

interface Stopper {
  readonly begin: () => void;
  readonly stop: () => void;
  readonly clear: () => void;
}

/** One signal may fall on wrk before it sleeps, and then does not wake it: it is repeated until wrk has ended. */
function createStopper(child: { kill(signal: NodeJS.Signals): void }, runMs: number): Stopper {
  let timer: Timer | undefined;
  let repeated: Timer | undefined;
  const stop = () => {
    child.kill('SIGINT');
    repeated ??= setInterval(() => child.kill('SIGINT'), REPEAT_MS);
  };
  return {
    begin: () => {
      timer = setTimeout(stop, runMs);
    },
    stop,
    clear: () => {
      clearTimeout(timer);
      clearInterval(repeated);
    },
  };
}
