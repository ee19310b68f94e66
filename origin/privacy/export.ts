/** Everything that the shop holds of a person, for them to take away. Secrets and their hashes stay. */

import type { UserId } from '#lib/ids.ts';
import { reminderRecordsOf } from '#origin/cart-reminders/service.ts';
import type { Deps } from '#origin/deps.ts';
import { uploadRecordsOf } from '#origin/media/service.ts';
import { openAddress, openAddressBefore } from '#origin/orders/service.ts';
import { reviewRecordsOf } from '#origin/reviews/service.ts';
import { noticeRecordsOf } from '#origin/stock-notices/service.ts';
import { viewRecordsOf } from '#origin/views/service.ts';
import { wishListRecordsOf } from '#origin/wish-lists/service.ts';
import type { PersonalData } from './model.ts';
import { personOf } from './person.ts';
import * as store from './store.ts';

type Records = PersonalData['orders'];

export async function collect(deps: Deps, user: store.UserRow): Promise<PersonalData> {
  const { db, clock } = deps;
  const [account, orders, carts, voices] = await Promise.all([
    store.accountRecords(db, user.id),
    collectOrders(deps, user),
    collectCarts(db, user.id),
    collectVoices(deps, user),
  ]);
  const { factor, codes } = account;
  return {
    exportedAt: clock.now().toISOString(),
    account: {
      id: user.id,
      email: user.email,
      name: user.name,
      role: user.role,
      createdAt: user.createdAt.toISOString(),
      emailVerifiedAt: user.emailVerifiedAt?.toISOString() ?? null,
      cartRemindersSince: user.cartRemindersSince?.toISOString() ?? null,
      stripeCustomerId: user.stripeCustomerId,
    },
    secondFactor: factor
      ? {
          createdAt: factor.createdAt.toISOString(),
          enabledAt: factor.enabledAt?.toISOString() ?? null,
          recoveryCodesLeft: codes,
        }
      : null,
    sessions: account.opened.map(({ lastTrade: _trade, userId: _user, ...session }) => session),
    mailedTokens: account.tokens.map(({ purpose, issuedAt, expiresAt }) => ({
      purpose,
      issuedAt,
      expiresAt,
    })),
    apiKeys: account.keys.map(({ keyHash: _hash, userId: _user, ...key }) => key),
    paymentMethods: account.methods.map(({ userId: _user, ...method }) => method),
    customerGroups: account.groups,
    carts: carts(account.owned),
    orders,
    ...voices,
    products: account.sold,
  };
}

async function collectVoices(deps: Deps, user: store.UserRow) {
  const [{ written, reported }, wishLists, views, stockNotices, cartReminders, pictures] = await Promise.all([
    reviewRecordsOf(deps.db, user.id),
    wishListRecordsOf(deps.db, user.id),
    viewRecordsOf(deps.db, user.id),
    noticeRecordsOf(deps, personOf(user)),
    reminderRecordsOf(deps.db, user.id),
    uploadRecordsOf(deps.db, user.id),
  ]);
  return {
    reviews: written.map(({ authorId: _author, ...review }) => review),
    reviewReports: reported.map(({ reporterId: _reporter, ...report }) => report),
    wishLists,
    views,
    stockNotices,
    cartReminders,
    pictures,
  };
}

async function collectCarts(db: Deps['db'], userId: UserId) {
  const [items, saved] = await Promise.all([store.itemsOfCarts(db, userId), store.savedOf(db, userId)]);
  return (owned: Awaited<ReturnType<typeof store.accountRecords>>['owned']): Records =>
    owned.map(({ tokenHash: _hash, userId: _user, ...cart }) => ({
      ...cart,
      items: items.filter(({ cartId }) => cartId === cart.id),
      saved: saved.filter(({ cartId }) => cartId === cart.id),
    }));
}

async function collectOrders(deps: Deps, user: store.UserRow): Promise<Records> {
  const { db } = deps;
  const bought = await store.ordersOf(db, personOf(user));
  const { lines, events, off, shipped, parcels, paid, refunded, sentBack, edits } = await store.orderRecords(
    db,
    bought.map(({ id }) => id),
  );
  return bought.map(({ userId: _user, ...order }) => ({
    ...order,
    shippingAddress: openAddress(deps, order),
    lines: lines.filter(({ orderId }) => orderId === order.id),
    discounts: off
      .filter(({ orderId }) => orderId === order.id)
      .map(({ orderId: _order, customer: _digest, ...discount }) => discount),
    shipping: shipped.find(({ orderId }) => orderId === order.id) ?? null,
    shipments: parcels.filter(({ orderId }) => orderId === order.id),
    events: events
      .filter(({ orderId }) => orderId === order.id)
      .map(({ event, detail, occurredAt }) => ({ event, detail, occurredAt })),
    returns: sentBack
      .filter(({ orderId }) => orderId === order.id)
      .map(({ status, reason, note, requestedAt }) => ({ status, reason, note, requestedAt })),
    edits: edits
      .filter(({ orderId }) => orderId === order.id)
      .map((edit) => ({
        madeAt: edit.madeAt,
        editor: edit.editor,
        addressBefore: openAddressBefore(deps, edit),
      })),
    payments: paid
      .filter(({ orderId }) => orderId === order.id)
      .map((payment) => ({
        ...payment,
        refunds: refunded.filter(({ paymentId }) => paymentId === payment.id),
      })),
  }));
}
