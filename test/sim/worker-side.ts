/** The workers as a story sees them: the events of its cart reach their handlers, more than once and in any order. */

import { sql } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import { orders } from '#db/schema/orders.ts';
import type { ShopEvent } from '#lib/events.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Consumer } from '#workers/consumer.ts';
import { numberCreditNotes } from '#workers/handlers/number-credit-notes.ts';
import { numberInvoice } from '#workers/handlers/number-invoice.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendEditLetter } from '#workers/handlers/send-edit-letter.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { sendReturnLetter } from '#workers/handlers/send-return-letter.ts';
import { sendShipmentLetter } from '#workers/handlers/send-shipment-letter.ts';
import type { Mailer } from '#workers/mailer.ts';
import type { Play } from './story.ts';

export interface Effects {
  /** Message ids of what was mailed, as often as it was. */
  readonly mailed: string[];
  readonly mailer: Mailer;
}

export function watchEffects(): Effects {
  const mailed: string[] = [];
  return { mailed, mailer: { send: async ({ messageId }) => void mailed.push(messageId), close: () => {} } };
}

/** Hands over all that has been told of the cart's orders. False when a handler could not take one yet. */
export async function takeEvents(deps: Deps, { scene, world }: Play, mailer: Mailer): Promise<boolean> {
  const { db } = world.shop.deps;
  const told = await db
    .select()
    .from(outbox)
    .where(
      sql`${outbox.data} ->> 'orderId' in (select ${orders.id}::text from ${orders} where ${orders.cartId} = ${scene.cartId})`,
    );
  let isAllTaken = true;
  for (const row of scene.random.shuffled(told)) {
    const event = { ...row, occurredAt: row.occurredAt.toISOString() } as ShopEvent;
    for (const consumer of consumersOf(mailer)) {
      if (isFor(consumer, event) && !(await isTaken(consumer.handle(deps, event)))) isAllTaken = false;
    }
  }
  return isAllTaken;
}

const consumersOf = (mailer: Mailer) => [
  ...[sellStock, returnStock, numberInvoice, numberCreditNotes, sendReceipt(mailer)],
  ...[sendShipmentLetter(mailer), sendReturnLetter(mailer), sendEditLetter(mailer)],
];

const isFor = ({ filter }: Consumer, { name }: ShopEvent) =>
  filter === name || (filter.endsWith('.*') && name.startsWith(filter.slice(0, -1)));

async function isTaken(handled: Promise<void>): Promise<boolean> {
  try {
    await handled;
    return true;
  } catch (error) {
    if (error instanceof AppError && PROBLEMS[error.code].retryable) return false;
    throw error;
  }
}
