/** The life of a return, as a table. */

import type { returnStatus } from '#db/schema/returns.ts';
import { AppError } from '#lib/problems.ts';

export type ReturnStatus = (typeof returnStatus.enumValues)[number];

export const RETURN_STEPS = ['authorise', 'reject', 'withdraw', 'receive', 'refund', 'exchange'] as const;
export type ReturnStep = (typeof RETURN_STEPS)[number];

/** From a status, by a step, to a status. To the same status: a request that comes again changes nothing. */
export const RETURN_TABLE: Readonly<Record<ReturnStatus, Partial<Record<ReturnStep, ReturnStatus>>>> = {
  requested: { authorise: 'authorised', reject: 'rejected', withdraw: 'withdrawn' },
  /** One whose goods never come, or come otherwise than agreed, is rejected yet. */
  authorised: { authorise: 'authorised', reject: 'rejected', withdraw: 'withdrawn', receive: 'received' },
  rejected: { reject: 'rejected' },
  withdrawn: { withdraw: 'withdrawn' },
  /** One of which all that came was exchanged, without a difference, has nothing to be refunded. */
  received: { receive: 'received', refund: 'refunded', exchange: 'exchanged' },
  refunded: { receive: 'refunded', refund: 'refunded' },
  exchanged: { receive: 'exchanged', exchange: 'exchanged' },
};

/** @throws {AppError} `return_step_refused` when the table has no such step. */
export function nextReturnStatus(status: ReturnStatus, step: ReturnStep): ReturnStatus {
  const next = RETURN_TABLE[status][step];
  if (next === undefined) throw new AppError('return_step_refused', { returnStatus: status, step });
  return next;
}
