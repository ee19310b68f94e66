/**
 * Hashes passwords in a process of its own, for only whole processes can be told to let others go first: a hash that
 * shares a core with requests would make each of them wait for a slice of its time.
 */

import { withDeadline } from '#lib/deadline.ts';
import { AppError } from '#lib/problems.ts';

/** Without a hash one is to be made, else the password is held against it. */
export interface Work {
  readonly id: number;
  readonly password: string;
  readonly hash: string | null;
}

export interface Done {
  readonly id: number;
  /** Null when the work could not be done. */
  readonly result: string | boolean | null;
}

/** @throws {AppError} `unavailable` when the process ends or takes too long; the next call starts another */
export type Hasher = (password: string, hash: string | null) => Promise<string | boolean | null>;

const PROGRAM = new URL('hash-main.ts', import.meta.url).pathname;
const FOLDER = new URL('.', import.meta.url).pathname;
/** A hundred times what it takes on a machine with nothing else to do. */
const TIMEOUT_MS = 10_000;

interface Hashing {
  readonly child: Bun.Subprocess;
  readonly waiting: Map<number, PromiseWithResolvers<Done['result']>>;
}

export function createHasher({ program = PROGRAM, timeoutMs = TIMEOUT_MS } = {}): Hasher {
  let hashing: Hashing | null = null;
  let lastId = 0;
  /** The next call starts another. */
  const forget = (child: Bun.Subprocess) => {
    if (hashing?.child === child) hashing = null;
  };
  const start = (): Hashing => {
    const waiting: Hashing['waiting'] = new Map();
    const child = Bun.spawn([process.execPath, '--no-env-file', '--no-install', program], {
      cwd: FOLDER,
      // It is given no secrets.
      env: {},
      stdio: ['ignore', 'ignore', 'inherit'],
      ipc: ({ id, result }: Done) => waiting.get(id)?.resolve(result),
      onExit: () => {
        forget(child);
        for (const { reject } of waiting.values()) reject(new AppError('unavailable'));
      },
    });
    child.unref();
    return { child, waiting };
  };
  return async (password, hash) => {
    hashing ??= start();
    const { child, waiting } = hashing;
    lastId += 1;
    const id = lastId;
    const done = Promise.withResolvers<Done['result']>();
    // A process that has ended takes no work, and then nobody waits for this.
    done.promise.catch(() => {});
    waiting.set(id, done);
    try {
      child.send({ id, password, hash } satisfies Work);
      return await withDeadline(done.promise, timeoutMs, () => {
        forget(child);
        child.kill('SIGKILL');
        throw new AppError('unavailable');
      });
    } finally {
      waiting.delete(id);
    }
  };
}
