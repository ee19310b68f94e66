/**
 * The process that hashes passwords for the one that started it, behind everything else that the machine has to do: it
 * ends with it, and what it is told stays between the two.
 */

import { setPriority } from 'node:os';
import { hashPassword } from '#db/password-hash.ts';
import type { Done, Work } from './hasher.ts';

/** A request has ten times as much of a core; but however busy the machine is, whoever logs in gets there. */
const NICENESS = 10;

async function resultOf(work: Work): Promise<string | boolean> {
  return work.hash === null ? hashPassword(work.password) : Bun.password.verify(work.password, work.hash);
}

setPriority(NICENESS);
process.on('disconnect', () => process.exit(0));
process.on('message', (work: Work) => {
  void resultOf(work)
    // A hash that is none.
    .catch(() => null)
    .then((result) => process.send?.({ id: work.id, result } satisfies Done));
});
