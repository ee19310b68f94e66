/** Runs `workerd serve` as a child process that does not outlive this one. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { SECOND_MS } from '#lib/clock.ts';
import { type CapnpValue, capnpText } from './capnp.ts';

const WRAPPER_PATH = Bun.fileURLToPath(import.meta.resolve('./workerd.sh'));
const START_TIMEOUT_MS = 60 * SECOND_MS;
const OUTPUT_DESCRIPTORS = [1, 2];
/** Where workerd tells which port it has bound. */
const CONTROL_DESCRIPTOR = 3;
const Listening = Type.Object({ event: Type.Literal('listen'), port: Type.Integer() });

export interface WorkerdOptions {
  /** `Config.services` and `Config.extensions` of workerd's schema. Without secrets: they are written to disk. */
  readonly services: readonly CapnpValue[];
  readonly extensions?: readonly CapnpValue[];
  /** The service that clients reach. */
  readonly entry: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What bindings `fromEnvironment` find. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes each line that a Worker or workerd writes; by default they go to standard error. */
  readonly onLog?: (line: string) => void;
}

export interface RunningWorkerd {
  /** Without a trailing slash. */
  readonly url: string;
  /** Settles when workerd has gone, stopped or not. */
  readonly ended: Promise<void>;
  /** Ends workerd; requests in flight are cut. */
  stop(): Promise<void>;
}

/** @throws {Error} in workerd's words when it cannot load the services or bind the address. */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const { host, environment, onLog = (line) => process.stderr.write(`${line}\n`) } = options;
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-workerd-'));
  try {
    const file = join(folder, 'config.capnp');
    await writeFile(file, configText(options));
    const args = [workerdPath(), 'serve', `--control-fd=${CONTROL_DESCRIPTOR}`, file];
    const child = spawn(WRAPPER_PATH, args, {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close').then(() => undefined);
    const early: string[] = [];
    let onLine = (line: string): void => void early.push(line);
    for (const descriptor of OUTPUT_DESCRIPTORS) {
      createInterface({ input: streamOf(child, descriptor) }).on('line', (line) => onLine(line));
    }
    const port = await boundPort(child);
    if (port === null) {
      await ended;
      throw new Error(failure(early, options));
    }
    onLine = onLog;
    for (const line of early) onLog(line);
    return { url: `http://${host}:${port}`, ended, stop: () => stop(child, ended) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The program for this kind of machine, without the script around it. */
function workerdPath(): string {
  const { default: path } = require('workerd') as { default: string };
  return path;
}

function configText({ services, extensions = [], entry, host, port }: WorkerdOptions): string {
  const sockets = [{ name: 'http', address: `${host}:${port}`, http: {}, service: entry }];
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    `const config :Workerd.Config = ${capnpText({ services, extensions, sockets })};`,
  ].join('\n');
}

/** A pipe that the child writes to. */
function streamOf(child: ChildProcess, descriptor: number): Readable {
  return child.stdio[descriptor] as Readable;
}

/** Null when workerd ends, or is ended for taking too long, without having bound one. */
async function boundPort(child: ChildProcess): Promise<number | null> {
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: streamOf(child, CONTROL_DESCRIPTOR) })) {
      const message: unknown = JSON.parse(line);
      if (Value.Check(Listening, message)) return message.port;
    }
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function failure(lines: readonly string[], { host, port }: WorkerdOptions): string {
  const told = lines.filter((line) => !line.startsWith('stack: ')).join('\n');
  const refusal = /bind\(.*?\): ([^;]+);/.exec(told)?.[1];
  return refusal === undefined
    ? `workerd did not start: ${told === '' ? `it said nothing in ${START_TIMEOUT_MS / SECOND_MS} s` : told}`
    : `workerd cannot listen on ${host}:${port}: ${refusal}`;
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}
