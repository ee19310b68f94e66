/**
 * One email for each event. No transaction can hold a mail: it is marked as sent once the server has taken it, and a
 * crash in between sends it again under the same message id. While one worker sends it, its lease keeps the others
 * off.
 */

import { claimKey, forgetKey, keepClaimed, LEASE_MS } from '#db/idempotency.ts';
import { markHandled, wasHandled } from '#db/outbox.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { EventId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { isServersFailure } from './mailer.ts';

/** Longer than a database takes to come back from a crash. */
const MAX_NOTE_TRIES = 40;
const NOTE_AGAIN_MS = 250;

export interface OneMail {
  /** The consumer's name. */
  readonly consumer: string;
  readonly eventId: EventId;
  /** What the mail is about: of this, one mail at a time. */
  readonly subjectId: string;
}

/** @throws {AppError} `idempotency_in_progress` while another worker has the lease */
export async function mailOnce(deps: Deps, mail: OneMail, send: () => Promise<void>): Promise<void> {
  const { consumer, eventId, subjectId } = mail;
  if (await wasHandled(deps.db, consumer, eventId)) return;
  await alone(deps, { scope: consumer, key: subjectId }, async () => {
    if (await wasHandled(deps.db, consumer, eventId)) return;
    await inTurn(deps, send);
    await noteSent(deps, mail);
  });
}

/** Only so many mails are sent at once; behind a slow server the others wait for minutes, and nothing is wrong. */
async function inTurn({ guards, inHand }: Deps, send: () => Promise<void>): Promise<void> {
  inHand.waits();
  try {
    await guards('smtp', isServersFailure).run(() => {
      inHand.goesOn();
      return send();
    });
  } finally {
    inHand.goesOn();
  }
}

/** The mail is out: a database that is gone for a moment must not make it go out again. */
async function noteSent(deps: Deps, { consumer, eventId }: OneMail): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await markHandled(deps.db, consumer, eventId);
      return;
    } catch (error) {
      if (tries === MAX_NOTE_TRIES) throw error;
      await deps.sleep(NOTE_AGAIN_MS);
    }
  }
}

async function alone(
  deps: Deps,
  { scope, key }: { readonly scope: string; readonly key: string },
  work: () => Promise<void>,
): Promise<void> {
  const now = deps.clock.now();
  const lease = {
    ...{ scope, key, requestHash: new Uint8Array(), resourceId: key, now },
    lockedUntil: after(now, LEASE_MS),
    // Beyond any run: an expired claim is anybody's, however well it is kept.
    expiresAt: after(now, DAY_MS),
  };
  const { kind } = await claimKey(deps.db, lease);
  if (kind !== 'claimed') throw new AppError('idempotency_in_progress');
  const release = keepClaimed(deps.db, lease, () => deps.clock.now());
  try {
    await work();
  } finally {
    release();
    await forgetKey(deps.db, lease);
  }
}
