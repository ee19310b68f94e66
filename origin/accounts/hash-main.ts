/**
 * The process that hashes passwords for the one that started it, behind everything else that the machine has to do: it
 * ends with it, and what it is told stays between the two.
 */

import { setPriority } from 'node:os';
import { hashPassword } from '#db/password-hash.ts';
import { answerQuestions } from '#origin/adapters/own-process.ts';
import type { Work } from './hasher.ts';

/** A request has ten times as much of a core; but however busy the machine is, whoever logs in gets there. */
const NICENESS = 10;

setPriority(NICENESS);
answerQuestions(
  // What is no hash is an error, and answered by null.
  async ({ password, hash }: Work): Promise<string | boolean> =>
    hash === null ? hashPassword(password) : Bun.password.verify(password, hash),
);
