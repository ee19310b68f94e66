/** One program of the stack, started on a free port and measured by its process id. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from '#ops/local/part.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { endGroup, launch } from '#ops/local/processes.ts';
import { waitUntil } from '#ops/local/waiting.ts';
import type { Stack } from './stack.ts';

export interface Program {
  /** Unique within the run. */
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly args: (port: number) => readonly string[];
  /** Beside {@link environment}. */
  readonly portVariable?: string;
  readonly readyPath: string;
}

export interface RunningProgram {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 60_000;
const READY_PROBE_MS = 2_000;
const STOP_DEADLINE_MS = 15_000;
const LOG_LINES_SHOWN = 12;

/** @throws {Error} with the end of its log when the program does not come up. */
export async function startProgram(stack: Stack, program: Program): Promise<RunningProgram> {
  stack.signal.throwIfAborted();
  const { port } = await choosePorts({ port: 0 });
  const url = `http://${LOOPBACK}:${port}`;
  const part = toPart(program, port);
  const logFile = join(stack.folder, `${program.name}.log`);
  const launched = launch(part, logFile);
  await stack.register.put(part, launched.pid);
  const running: RunningProgram = {
    url,
    pid: launched.pid,
    stop: async () => {
      stack.running.delete(running);
      await endGroup(launched.pid, part.stopSignal, STOP_DEADLINE_MS);
    },
  };
  stack.running.add(running);
  let hasEnded = false;
  void launched.ended.then(() => {
    hasEnded = true;
  });
  try {
    await waitUntil(program.name, () => answers(url + program.readyPath), {
      deadlineMs: READY_DEADLINE_MS,
      giveUp: () => (hasEnded ? `${program.name} ended.` : stack.signal.aborted ? 'interrupted' : null),
    });
  } catch (cause) {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    const end = log.trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
    throw new Error(`${program.name} did not start. The end of its log:\n${end}`, { cause });
  }
  return running;
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(READY_PROBE_MS) });
  await answer.arrayBuffer();
  return answer.ok;
}

function toPart(program: Program, port: number): Part {
  const path = join(CHECKOUT, program.file);
  return {
    name: program.name,
    command: [process.execPath, path, ...program.args(port)],
    environment: {
      ...program.environment,
      ...(program.portVariable === undefined ? {} : { [program.portVariable]: String(port) }),
    },
    cwd: CHECKOUT,
    marker: path,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: async () => true,
  };
}
