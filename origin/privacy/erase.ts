/** Taking a person out of the shop: what they bought stays on the books, and nothing says any more who they were. */

import type { Transaction } from '#db/client.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import { erasedEmail } from '#lib/erased.ts';
import type { OrderId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { eraseRemindersOf } from '#origin/cart-reminders/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { findPaidOrder } from '#origin/exchanges/service.ts';
import { unitsOf } from '#origin/fulfilment/service.ts';
import { balanceOf } from '#origin/ledger/service.ts';
import { forgetUploadsOf } from '#origin/media/service.ts';
import { isOpen, isShippable, lockOrder, openAddress, sealAddress } from '#origin/orders/service.ts';
import { eraseReviewsOf } from '#origin/reviews/service.ts';
import { announce, endSessionsOf } from '#origin/sessions/service.ts';
import { eraseNoticesOf } from '#origin/stock-notices/service.ts';
import { eraseViewsOf } from '#origin/views/service.ts';
import { eraseWishListsOf } from '#origin/wish-lists/service.ts';
import { personOf } from './person.ts';
import * as store from './store.ts';

/**
 * In one transaction. Stripe's customer goes afterwards, by the event's worker.
 * @throws {AppError} `unauthenticated` when the account has gone already, `erasure_in_office`, `erasure_too_early`
 */
export async function erasePerson(deps: Deps, userId: UserId): Promise<void> {
  const ended = await deps.db.transaction(async (tx) => {
    const user = await store.lockUser(tx, userId);
    if (user === undefined) throw new AppError('unauthenticated');
    if (user.role !== 'shopper') throw new AppError('erasure_in_office');
    const email = erasedEmail(userId);
    for (const { id } of await store.ordersOf(tx, personOf(user))) {
      const order = await lockOrder(tx, id);
      if (isGuestsToPay(order)) {
        await store.takeEmailOut(tx, id, email);
        continue;
      }
      if (await isUnderWay(tx, order)) throw new AppError('erasure_too_early');
      const { country } = openAddress(deps, order);
      const shippingAddress = sealAddress(deps, order.id, nobodyIn(country));
      await store.takeOutOfOrder(tx, order, { email, shippingAddress });
    }
    const over = await endSessionsOf(deps, tx, userId);
    await eraseRemindersOf(tx, userId);
    await store.deleteCarts(tx, userId);
    await eraseReviewsOf(deps, tx, userId);
    await eraseWishListsOf(tx, userId);
    await eraseViewsOf(tx, userId);
    await eraseNoticesOf(deps, tx, personOf(user));
    await store.leaveGroups(tx, userId);
    await forgetUploadsOf(tx, userId);
    await store.deleteCredentials(tx, userId);
    await store.deleteAnswers(tx, userId);
    await store.takeOutOfAccount(tx, userId, { email, now: deps.clock.now() });
    await emit(deps, tx, { name: 'account.erased', data: { userId } });
    return over;
  });
  announce(deps, ended);
}

/**
 * Anybody may have given that email, again and again: it does not wait. The address stays, or what is paid for yet could
 * not be sent.
 */
const isGuestsToPay = ({ userId, status }: store.OrderRow) => userId === null && isOpen(status);

/** Its payment may still fail or succeed, of which whoever pays has to hear; or goods of it are to go out or come back. */
async function isUnderWay(tx: Transaction, { id, status }: store.OrderRow): Promise<boolean> {
  if (isOpen(status) || (await isReturnUnderWay(tx, id))) return true;
  if (!isShippable(status)) return false;
  const lines = await unitsOf(tx, id);
  return lines.some(({ bought, removed, shipped }) => shipped < bought - removed);
}

/** One whose money went back before its goods came has nothing to wait for, and ends in no other way. */
async function isReturnUnderWay(tx: Transaction, orderId: OrderId): Promise<boolean> {
  const underWay = await store.returnsUnderWay(tx, orderId);
  if (underWay.some(({ status }) => status !== 'received')) return true;
  if (underWay.length === 0) return false;
  const { refundable } = await balanceOf(tx, (await findPaidOrder(tx, orderId)) ?? orderId);
  return refundable > 0;
}

/** The country stays: taxes are owed by it, and it says nothing of whom. */
function nobodyIn(country: string): ShippingAddress {
  return { name: '', line1: '', city: '', postalCode: '', country };
}

/** Can be repeated: what is gone at Stripe already is as good. */
export async function deleteStripeCustomer(deps: Deps, userId: UserId): Promise<void> {
  const customerId = await store.customerOfErased(deps.db, userId);
  if (customerId === null) return;
  await deps.payments.deleteCustomer(customerId);
  await store.forgetCustomer(deps.db, userId);
}
