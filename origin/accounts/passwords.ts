/**
 * Hashing and checking passwords. Each takes a core for a tenth of a second, so few run at once and few wait; the
 * rest are told to come back, and whoever reads the shop meanwhile does not notice.
 */

import { availableParallelism } from 'node:os';
import { assert } from '#lib/assert.ts';
import { createBulkhead } from '#lib/bulkhead.ts';
import type { BulkheadPolicy } from '#lib/policies.ts';
import { createHasher } from './hasher.ts';

export interface Passwords {
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

export function createPasswords(limits: BulkheadPolicy = LIMITS): Passwords {
  const bulkhead = createBulkhead(limits);
  const hasher = createHasher();
  const hash = async (password: string): Promise<string> => {
    const made = await hasher(normalized(password), null);
    assert(typeof made === 'string', 'a password could not be hashed');
    return made;
  };
  /** What an unknown user's password is held against, so that the answer takes as long as a known user's. */
  let nobodysHash: string | undefined;
  return {
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
