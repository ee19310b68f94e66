/**
 * Runs `workerd serve` as a child process that does not outlive this one. A newer one may take its place: both serve
 * the same socket for a moment, and the older one ends what it has begun.
 */

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
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { type CapnpValue, capnpText } from './capnp.ts';
import { type Listener, openListener } from './listener.ts';

const WRAPPER_PATH = Bun.fileURLToPath(import.meta.resolve('./workerd.sh'));
const START_TIMEOUT_MS = 60 * SECOND_MS;
/** As long as the edge may wait for the origin: `REQUEST_LIMITS`. */
const DRAIN_TIMEOUT_MS = REQUEST_LIMITS.writeMs;
const OUTPUT_DESCRIPTORS = [1, 2];
/** Where workerd tells that it listens. */
const CONTROL_DESCRIPTOR = 3;
const SOCKET_DESCRIPTOR = 4;
const SOCKET = 'http';
const Listening = Type.Object({ event: Type.Literal('listen'), socket: Type.Literal(SOCKET) });

export interface WorkerdConfig {
  /** `Config.services` and `Config.extensions` of workerd's schema. Without secrets: they are written to disk. */
  readonly services: readonly CapnpValue[];
  readonly extensions?: readonly CapnpValue[];
  /** The service that clients reach. */
  readonly entry: string;
}

export interface WorkerdOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What bindings `fromEnvironment` find. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes each line that a Worker or workerd writes; by default they go to standard error. */
  readonly onLog?: (line: string) => void;
  /** Made at the start, and again for each {@link RunningWorkerd.renew}. */
  readonly configure: () => Promise<WorkerdConfig>;
}

export interface RunningWorkerd {
  /** Without a trailing slash. */
  readonly url: string;
  /** Settles when workerd has gone, stopped or not. */
  readonly ended: Promise<void>;
  /**
   * Starts another in its place; whoever asks meanwhile is answered by one of the two.
   * @throws {Error} as {@link startWorkerd}: the present one goes on then
   */
  renew(): Promise<void>;
  /** Ends workerd; requests in flight are cut. */
  stop(): Promise<void>;
}

/** @throws {Error} in workerd's words when it cannot load the services; in the system's when the address is taken. */
export async function startWorkerd(options: WorkerdOptions): Promise<RunningWorkerd> {
  const { host } = options;
  const listener = listen(options);
  let current: Serving;
  try {
    current = await serve(options, listener);
  } catch (error) {
    listener.close();
    throw error;
  }
  const over = Promise.withResolvers<void>();
  const watch = (serving: Serving) =>
    void serving.ended.then(() => {
      if (serving === current) over.resolve();
    });
  watch(current);
  return {
    url: `http://${host}:${listener.port}`,
    ended: over.promise,
    renew: async () => {
      const before = current;
      const next = await serve(options, listener);
      current = next;
      watch(next);
      await drain(before);
    },
    stop: async () => {
      current.child.kill('SIGKILL');
      await over.promise;
      listener.close();
    },
  };
}

function listen({ host, port }: WorkerdOptions): Listener {
  try {
    return openListener(host, port);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'it is in use' : String(error);
    throw new Error(`The edge cannot listen on ${host}:${port}: ${reason}.`);
  }
}

interface Serving {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

/** One workerd, from when it listens. */
async function serve(options: WorkerdOptions, { descriptor }: Listener): Promise<Serving> {
  const { environment, configure, onLog = (line) => process.stderr.write(`${line}\n`) } = options;
  const text = configText(await configure());
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-workerd-'));
  try {
    const file = join(folder, 'config.capnp');
    await writeFile(file, text);
    const flags = [`--control-fd=${CONTROL_DESCRIPTOR}`, `--socket-fd=${SOCKET}=${SOCKET_DESCRIPTOR}`];
    const child = spawn(WRAPPER_PATH, [workerdPath(), 'serve', ...flags, file], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', descriptor],
    });
    const ended = once(child, 'close').then(() => undefined);
    const early: string[] = [];
    let onLine = (line: string): void => void early.push(line);
    for (const output of OUTPUT_DESCRIPTORS) {
      createInterface({ input: streamOf(child, output) }).on('line', (line) => onLine(line));
    }
    if (!(await isListening(child))) {
      await ended;
      throw new Error(failure(early));
    }
    onLine = onLog;
    for (const line of early) onLog(line);
    return { child, ended };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** workerd takes no more connections, and ends with the last answer. */
async function drain({ child, ended }: Serving): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

/** The program for this kind of machine, without the script around it. */
function workerdPath(): string {
  const { default: path } = require('workerd') as { default: string };
  return path;
}

function configText({ services, extensions = [], entry }: WorkerdConfig): string {
  const sockets = [{ name: SOCKET, http: {}, service: entry }];
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    `const config :Workerd.Config = ${capnpText({ services, extensions, sockets })};`,
  ].join('\n');
}

/** A pipe that the child writes to. */
function streamOf(child: ChildProcess, descriptor: number): Readable {
  return child.stdio[descriptor] as Readable;
}

/** False when workerd ends, or is ended for taking too long, without listening. */
async function isListening(child: ChildProcess): Promise<boolean> {
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: streamOf(child, CONTROL_DESCRIPTOR) })) {
      if (Value.Check(Listening, JSON.parse(line))) return true;
    }
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function failure(lines: readonly string[]): string {
  const told = lines.filter((line) => !line.startsWith('stack: ')).join('\n');
  return `workerd did not start: ${told === '' ? `it said nothing in ${START_TIMEOUT_MS / SECOND_MS} s` : told}`;
}
