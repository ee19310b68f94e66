/**
 * Cards that a customer keeps for the next time. Stripe has the card; here is what its owner knows it by, and to
 * whom it belongs. Every verb can be repeated after a failure and then finishes what was begun.
 */

import type { Queryable } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import type { SavedPaymentMethodId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import type { PaymentMethod, PaymentMethodPage } from './model.ts';
import * as store from './store.ts';

type KeptCard = Awaited<ReturnType<Deps['payments']['attach']>>;

const MAX_SAVED = 10;

export interface Saved {
  readonly method: PaymentMethod;
  /** False when the card was there already. */
  readonly isNew: boolean;
}

/**
 * Keeps a card; one that the customer has kept before stays the one it is.
 * @throws {AppError} `invalid_input`, `card_declined`, `payment_methods_full`, `payments_unavailable`
 */
export async function savePaymentMethod(
  deps: Deps,
  caller: SignedIn,
  paymentMethodId: string,
): Promise<Saved> {
  const { userId } = caller;
  const saved = await store.listOfUser(deps.db, userId);
  const known = saved.find((row) => row.stripePaymentMethodId === paymentMethodId);
  if (known !== undefined) return { method: toMethod(known), isNew: false };
  if (saved.length >= MAX_SAVED) throw full();
  const card = await deps.payments.attach(paymentMethodId, await customerOf(deps, userId));
  const kept = await keep(deps, userId, card);
  await deps.ownWrites.note(caller);
  return { method: toMethod(kept), isNew: kept.stripePaymentMethodId === card.id };
}

/** The user's one customer at Stripe, made when it is first needed. */
async function customerOf(deps: Deps, userId: UserId): Promise<string> {
  const found = await store.findCustomer(deps.db, userId);
  if (found === undefined) throw new AppError('unauthenticated');
  if (found !== null) return found;
  const made = await deps.payments.createCustomer(userId);
  const kept = await store.keepCustomer(deps.db, userId, made);
  if (kept === undefined) {
    // Erased meanwhile: nobody is left whose customer it would be.
    await deps.payments.deleteCustomer(made);
    throw new AppError('unauthenticated');
  }
  return present(kept, 'the customer');
}

/** Stripe is asked between transactions, never in one: when the cards have changed meanwhile, it is asked again. */
async function keep(deps: Deps, userId: UserId, card: KeptCard): Promise<store.NewSavedRow> {
  const compared = new Set<string>();
  for (let round = 0; round <= MAX_SAVED; round += 1) {
    const twin = await findTwin(deps, await store.listOfUser(deps.db, userId), { card, compared });
    if (twin !== undefined) {
      if (twin.stripePaymentMethodId !== card.id) await deps.payments.detach(card.id);
      return twin;
    }
    const row = await insertUnlessChanged(deps, userId, { card, compared });
    if (row === 'full') {
      await deps.payments.detach(card.id);
      throw full();
    }
    if (row !== 'changed') return row;
  }
  throw full();
}

interface Comparison {
  readonly card: KeptCard;
  /** Ids of saved cards that look like it and are others. */
  readonly compared: Set<string>;
}

/** The same card under another of Stripe's ids. Only its fingerprint tells, which is not kept here. */
async function findTwin(deps: Deps, rows: readonly store.SavedRow[], { card, compared }: Comparison) {
  for (const row of rows.filter((each) => looksLike(each, card) && !compared.has(each.id))) {
    if (row.stripePaymentMethodId === card.id) return row;
    const fingerprint = await deps.payments.fingerprintOf(row.stripePaymentMethodId);
    if (fingerprint !== null && fingerprint === card.fingerprint) return row;
    compared.add(row.id);
  }
  return undefined;
}

async function insertUnlessChanged(
  deps: Deps,
  userId: UserId,
  { card, compared }: Comparison,
): Promise<store.NewSavedRow | 'changed' | 'full'> {
  const id = deps.ids.next<SavedPaymentMethodId>();
  return deps.db.transaction(async (tx) => {
    if (!(await store.lockUser(tx, userId))) throw new AppError('unauthenticated');
    const rows = await store.listOfUser(tx, userId);
    if (rows.some((each) => looksLike(each, card) && !compared.has(each.id))) return 'changed';
    if (rows.length >= MAX_SAVED) return 'full';
    const { id: stripePaymentMethodId, brand, lastFour, expMonth, expYear } = card;
    const row = { id, userId, stripePaymentMethodId, brand, lastFour, expMonth, expYear };
    await store.insertMethod(tx, row);
    return row;
  });
}

function looksLike(row: store.SavedRow, card: KeptCard): boolean {
  return (
    row.stripePaymentMethodId === card.id ||
    (row.brand === card.brand &&
      row.lastFour === card.lastFour &&
      row.expMonth === card.expMonth &&
      row.expYear === card.expYear)
  );
}

export async function listPaymentMethods(deps: Deps, caller: SignedIn): Promise<PaymentMethodPage> {
  const rows = await deps.ownWrites.read(caller, (db) => store.listOfUser(db, caller.userId));
  return { items: rows.map(toMethod), nextCursor: null };
}

/**
 * Forgets a card, at Stripe first: what is left after a failure can be deleted again.
 * @throws {AppError} `payment_method_not_found`, also for somebody else's; `payments_unavailable`
 */
export async function deletePaymentMethod(
  deps: Deps,
  caller: SignedIn,
  id: SavedPaymentMethodId,
): Promise<void> {
  const row = await store.findOfUser(deps.db, caller.userId, id);
  if (row === undefined) throw new AppError('payment_method_not_found');
  await deps.payments.detach(row.stripePaymentMethodId);
  await store.deleteMethod(deps.db, caller.userId, id);
  await deps.ownWrites.note(caller);
}

/** What a checkout pays with. */
export interface Means {
  readonly stripePaymentMethodId: string;
  /** Whose card it is; null for one that is used but once. */
  readonly customerId: string | null;
}

/**
 * The caller's saved method by its id or Stripe's, or a fresh one by Stripe's.
 * @throws {AppError} `payment_method_not_found`, also for somebody else's
 */
export async function meansOf(db: Queryable, caller: Caller, paymentMethodId: string): Promise<Means> {
  const saved =
    caller.kind === 'user' ? await store.findWithCustomer(db, caller.userId, paymentMethodId) : undefined;
  if (saved !== undefined) return saved;
  if (!paymentMethodId.startsWith('pm_')) throw new AppError('payment_method_not_found');
  return { stripePaymentMethodId: paymentMethodId, customerId: null };
}

function full(): AppError {
  return new AppError('payment_methods_full', { maxPaymentMethods: MAX_SAVED });
}

function toMethod({ id, brand, lastFour, expMonth, expYear }: store.NewSavedRow): PaymentMethod {
  return { id, brand, lastFour, expMonth, expYear };
}
