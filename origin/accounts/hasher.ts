/**
 * Hashes passwords in a process of its own, for only whole processes can be told to let others go first: a hash that
 * shares a core with requests would make each of them wait for a slice of its time.
 */

import { createOwnProcess } from '#origin/adapters/own-process.ts';

/** Without a hash one is to be made, else the password is held against it. */
export interface Work {
  readonly password: string;
  readonly hash: string | null;
}

/** Null when the work could not be done. */
export type Done = string | boolean | null;

/** @throws {AppError} `unavailable` when the process ends or takes too long; the next call starts another */
export type Hasher = (password: string, hash: string | null) => Promise<Done>;

const PROGRAM = new URL('hash-main.ts', import.meta.url).pathname;
const FOLDER = new URL('.', import.meta.url).pathname;
/** A hundred times what it takes on a machine with nothing else to do. */
const TIMEOUT_MS = 10_000;

export function createHasher({ program = PROGRAM, timeoutMs = TIMEOUT_MS } = {}): Hasher {
  const work = createOwnProcess<Work, string | boolean>({ program, folder: FOLDER, deadlineMs: timeoutMs });
  return (password, hash) => work({ password, hash });
}
