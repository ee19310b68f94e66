/**
 * One confirmation email for each paid order. No transaction can hold a mail: it is marked as sent once the
 * server has taken it, and a crash in between sends it again under the same message id. While one worker sends
 * it, the order's lease keeps the others off.
 */

import { claimKey, forgetKey, keepClaimed, LEASE_MS } from '#db/idempotency.ts';
import { markHandled, wasHandled } from '#db/outbox.ts';
import { after } from '#lib/clock.ts';
import { isErasedEmail } from '#lib/erased.ts';
import type { EventId, OrderId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { readReceipt } from '#origin/orders/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeReceipt } from '#workers/receipt.ts';

const NAME = 'email';
/** Longer than a database takes to come back from a crash. */
const MAX_NOTE_TRIES = 40;
const NOTE_AGAIN_MS = 250;

export function sendReceipt(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'order.paid',
    handle: async (deps, { id, data }) => {
      if (!('orderId' in data)) return;
      const orderId = data.orderId as OrderId;
      if (await wasHandled(deps.db, NAME, id)) return;
      await alone(deps, orderId, () => sendOnce(deps, mailer, orderId, id));
    },
  };
}

async function sendOnce(deps: Deps, mailer: Mailer, orderId: OrderId, eventId: EventId): Promise<void> {
  if (await wasHandled(deps.db, NAME, eventId)) return;
  const receipt = await readReceipt(deps, orderId);
  if (isErasedEmail(receipt.order.email)) return;
  const messageId = `order-${orderId}@hotshelf`;
  await mailer.send({ to: receipt.order.email, messageId, ...writeReceipt(receipt) });
  await noteSent(deps, eventId);
}

/** The mail is out: a database that is gone for a moment must not make it go out again. */
async function noteSent(deps: Deps, eventId: EventId): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await markHandled(deps.db, NAME, eventId);
      return;
    } catch (error) {
      if (tries === MAX_NOTE_TRIES) throw error;
      await deps.sleep(NOTE_AGAIN_MS);
    }
  }
}

/** @throws {AppError} `idempotency_in_progress` while another worker has the order's lease */
async function alone(deps: Deps, orderId: OrderId, work: () => Promise<void>): Promise<void> {
  const now = deps.clock.now();
  const lease = {
    scope: NAME,
    key: orderId,
    requestHash: new Uint8Array(),
    resourceId: orderId,
    now,
    lockedUntil: after(now, LEASE_MS),
    expiresAt: after(now, LEASE_MS),
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
