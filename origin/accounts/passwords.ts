/**
 * Hashing and checking passwords. Each takes a core for a tenth of a second, so few run at once and few wait; the
 * rest are told to come back, and whoever reads the shop meanwhile does not notice.
 */

import { availableParallelism } from 'node:os';
import { assert } from '#lib/assert.ts';
import { createRoom, within } from '#lib/bulkhead.ts';
import type { BulkheadPolicy } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { createHasher } from './hasher.ts';

export interface Passwords {
  /**
   * For whoever has more to do before the password's turn: while a crowd is refused, a refusal costs nothing.
   * @throws {AppError} `unavailable` when too many passwords are at work already
   */
  requireRoom(): void;
  /** @throws {AppError} `unavailable` when too many passwords are at work already */
  hash(password: string): Promise<string>;
  /**
   * False for an unknown user, after as much work as for a known one.
   * @throws {AppError} `unavailable` when too many passwords are at work already
   */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

/** At least one core is left to everything else, where there are two. */
const LIMITS: BulkheadPolicy = { maxRunning: Math.max(1, availableParallelism() - 1), maxWaiting: 16 };

/** Each at another moment, or a crowd that was refused together comes back together. */
const COME_BACK_WITHIN_SECONDS = 3;

export function createPasswords(limits: BulkheadPolicy = LIMITS): Passwords {
  const room = createRoom(limits);
  const inRoom = within(room);
  const requireRoom = () => {
    if (!room.isFull()) return;
    const retryAfterSeconds = 1 + Math.floor(Math.random() * COME_BACK_WITHIN_SECONDS);
    throw new AppError('unavailable', { retryAfterSeconds });
  };
  const bulkhead: typeof inRoom = async (work) => {
    requireRoom();
    return inRoom(work);
  };
  const hasher = createHasher();
  const hash = async (password: string): Promise<string> => {
    const made = await hasher(normalized(password), null);
    assert(typeof made === 'string', 'a password could not be hashed');
    return made;
  };
  /** What an unknown user's password is held against, so that the answer takes as long as a known user's. */
  let nobodysHash: string | undefined;
  return {
    requireRoom,
    hash: (password) => bulkhead(() => hash(password)),
    verify: (password, known) =>
      bulkhead(async () => {
        nobodysHash ??= await hash(crypto.randomUUID());
        const matches = await hasher(normalized(password), known ?? nobodysHash);
        return matches === true && known !== undefined;
      }),
  };
}

/** The same text typed on another keyboard may be other code points (NIST SP 800-63B-4, 3.1.1.2). */
function normalized(password: string): string {
  return password.normalize('NFKC');
}
