/** When a product can be seen: its states, and what may follow what. */

import { assert } from '#lib/assert.ts';
import { AppError } from '#lib/problems.ts';

export type ProductStatus = 'draft' | 'scheduled' | 'published' | 'withdrawn';

/** Seen by its seller and admins alone. */
const HIDDEN: readonly ProductStatus[] = ['draft', 'scheduled'];

/** A withdrawn product is over: only an import brings it back. */
const NEXT: Readonly<Record<ProductStatus, readonly ProductStatus[]>> = {
  draft: ['draft', 'scheduled', 'published', 'withdrawn'],
  scheduled: ['draft', 'scheduled', 'published', 'withdrawn'],
  published: ['draft', 'scheduled', 'published', 'withdrawn'],
  withdrawn: [],
};

/** What a product's row says of it. `withdrawnAt`: since when it is not on sale, for whatever reason. */
export interface Publication {
  readonly status: ProductStatus;
  readonly publishAt: Date | null;
  readonly withdrawnAt: Date | null;
}

export const PUBLISHED: Publication = { status: 'published', publishAt: null, withdrawnAt: null };

/** @param publishAt null for a draft; what has passed is now. @throws {AppError} `invalid_input` */
export function publicationAt(publishAt: string | null, now: Date): Publication {
  if (publishAt === null) return { status: 'draft', publishAt, withdrawnAt: now };
  const at = new Date(publishAt);
  if (Number.isNaN(at.getTime())) {
    throw new AppError('invalid_input', { errors: [{ path: '/publishAt', message: 'is no time' }] });
  }
  return at > now ? { status: 'scheduled', publishAt: at, withdrawnAt: now } : PUBLISHED;
}

export function withdrawal(now: Date): Publication {
  return { status: 'withdrawn', publishAt: null, withdrawnAt: now };
}

/** A product that comes on sale counts as new from then on. */
export function transition(from: ProductStatus, to: Publication, now: Date) {
  assert(NEXT[from].includes(to.status), `a product that is ${from} cannot become ${to.status}`);
  const appears = HIDDEN.includes(from) && to.status === 'published';
  return { ...to, ...(appears ? { createdAt: now } : {}) };
}

/** What everybody is told of a change; null where nobody could see it before, and nobody can now. */
export function eventOf(from: ProductStatus, to: ProductStatus) {
  if (to === 'published') return 'product.changed';
  return from === 'published' ? 'product.withdrawn' : null;
}
