/** A shop with one order of every kind, and how a test breaks a copy of it. */

import postgres from 'postgres';
import { after, MINUTE_MS } from '#lib/clock.ts';
import { type AuditOptions, type AuditReport, type AuditSources, audit } from '#ops/audit/audit.ts';
import { LEFT_AFTER_MS, noteLeftCarts } from '#origin/cart-reminders/service.ts';
import { type AuditedShop, openAuditedShop } from '#test/support/audited.ts';
import { mergeInto } from '#test/support/carting.ts';
import { send, step } from '#test/support/fulfilment.ts';
import { type Liar, type Lie, liarBefore } from '#test/support/lies.ts';
import { openLocation, transfer } from '#test/support/locations.ts';
import { bookCaptures, cancelPaid, dispute, giveBack } from '#test/support/money-by-hand.ts';
import { asStaff, sendBack } from '#test/support/returns.ts';
import { cartOf, cartWith, checkOut, createProduct, type Owner } from '#test/support/shopping.ts';
import { copyTestDatabase, type TestDatabase } from '#test/support/stack.ts';

/** What a breach is aimed at: the ids of orders and of what belongs to them. */
export interface Targets {
  readonly paid: string;
  readonly declined: string;
  readonly open: string;
  readonly refunded: string;
  readonly cancelled: string;
  readonly disputed: string;
  /** Where the goods of `sent` lie. */
  readonly location: string;
  /** An order in two parcels, both of which have left. */
  readonly sent: string;
  /** Its first parcel, which has arrived. */
  readonly parcel: string;
  /** Of one of its units, which was written off and refunded. */
  readonly sentBack: string;
  /** An order of which a unit was taken off. */
  readonly edited: string;
  /** The return of a unit, and the order by which the same goes out again. */
  readonly exchanged: string;
  readonly exchange: string;
  /** Never bought. */
  readonly spare: string;
  /** Bought by `paid` alone. */
  readonly variant: string;
  /** Of `paid`. */
  readonly intent: string;
  readonly payment: string;
  /** A customer's cart that they were reminded of; a guest's went into it before. */
  readonly left: string;
  readonly merged: string;
  /** Of `declined`. */
  readonly declinedIntent: string;
}

export interface BrokenShop {
  readonly audited: AuditedShop;
  readonly targets: Targets;
  /** Audits a copy of the shop after this was done to it, with nothing in flight unless it says so. */
  auditAfter(damage: Damage, options?: Pick<AuditOptions, 'inFlightMs' | 'now'>): Promise<AuditReport>;
  close(): Promise<void>;
}

export interface Damage {
  /** Constraints and triggers do not stand in its way. */
  readonly rows?: (sql: postgres.Sql, targets: Targets) => Promise<unknown>;
  readonly outside?: (targets: Targets) => Lie;
}

const PRICE = 1_500;

interface Ordered {
  readonly id: string;
  readonly variantId: string;
  readonly owner: Owner;
}

async function orderOf(audited: AuditedShop, card?: string, location?: string): Promise<Ordered> {
  const product = await createProduct(audited.shop, { stock: 10, price: PRICE });
  if (location !== undefined) await transfer(audited.shop, product, { quantity: 10, to: location });
  const { variantId } = product;
  const cart = await cartWith(audited.shop, variantId, 2);
  const { body } = await checkOut(audited.shop, cart, card === undefined ? {} : { card });
  return { id: String(body.id ?? body.orderId), variantId, owner: cart.owner };
}

async function takeOff({ shop }: AuditedShop, { id, owner }: Ordered): Promise<void> {
  const { body } = await shop.call(`/api/v1/orders/${id}`, owner);
  const items = [{ itemId: body.items[0].id, quantity: 1 }];
  const headers = { 'idempotency-key': crypto.randomUUID() };
  await shop.call(`/api/v1/orders/${id}/edits`, { method: 'POST', ...owner, headers, body: { items } });
}

async function exchangeOne(audited: AuditedShop, admin: string) {
  const { shop } = audited;
  const { id, owner, variantId } = await orderOf(audited);
  const { body } = await shop.call(`/api/v1/orders/${id}`, owner);
  const itemId = body.items[0].id;
  await send(shop, id, admin, { itemId, quantity: 1 });
  const came = { itemId, restock: 1, replacementVariantId: variantId };
  const exchanged = await sendBack(shop, { orderId: id, owner }, admin, came);
  const { body: after } = await shop.call(`/api/v1/orders/${id}`, owner);
  return { exchanged, exchange: String(after.returns[0].exchangeOrderId) };
}

async function leaveCart({ shop }: AuditedShop) {
  const { variantId } = await createProduct(shop, { stock: 10, price: PRICE });
  const { token } = await shop.signIn();
  await shop.call('/api/v1/me', { method: 'PATCH', token, body: { cartReminders: true } });
  const line = [{ variantId, quantity: 1 }];
  const [left, guests] = [await cartOf(shop, line, token), await cartOf(shop, line)];
  await mergeInto(shop, guests, token);
  const clock = { now: () => after(new Date(), LEFT_AFTER_MS + MINUTE_MS) };
  await noteLeftCarts({ ...shop.deps, clock });
  return { left: left.cartId, merged: guests.cartId };
}

async function furnish(audited: AuditedShop, sql: postgres.Sql): Promise<Targets> {
  const paid = await orderOf(audited);
  const declined = await orderOf(audited, 'pm_card_chargeDeclined');
  const open = await orderOf(audited, 'pm_card_authenticationRequired');
  const [refunded, cancelled, disputed] = [
    await orderOf(audited),
    await orderOf(audited),
    await orderOf(audited),
  ];
  const { token: admin } = await audited.shop.signIn('admin');
  const location = await openLocation(audited.shop, admin);
  const sent = await orderOf(audited, undefined, location);
  const { body: sale } = await audited.shop.call(`/api/v1/sales/${sent.id}`, { token: admin });
  const unit = { itemId: sale.items[0].id, quantity: 1 };
  const shipmentId = await send(audited.shop, sent.id, admin, unit);
  await send(audited.shop, sent.id, admin, unit);
  await step(audited.shop, { orderId: sent.id, shipmentId }, admin, 'deliver');
  const name = { orderId: sent.id, owner: sent.owner };
  const sentBack = await sendBack(audited.shop, name, admin, { itemId: unit.itemId, writeOff: 1 });
  await asStaff(audited.shop, { orderId: sent.id, returnId: sentBack }, admin, 'refund');
  const edited = await orderOf(audited);
  await takeOff(audited, edited);
  const { exchanged, exchange } = await exchangeOne(audited, admin);
  const { variantId: spare } = await createProduct(audited.shop, { stock: 10, price: PRICE });
  const carts = await leaveCart(audited);
  await audited.settled();
  await bookCaptures(sql);
  await giveBack(sql, audited.shop.double, refunded.id, PRICE);
  await cancelPaid(sql, audited.shop.double, cancelled.id);
  await dispute(sql, audited.shop.double, disputed.id);
  const intentOf = async (orderId: string) => {
    const [row] = await sql<{ id: string; intent: string }[]>`
      select id, stripe_payment_intent_id as intent from payments where order_id = ${orderId}`;
    return row ?? { id: '', intent: '' };
  };
  const { id: payment, intent } = await intentOf(paid.id);
  return {
    ...{ paid: paid.id, declined: declined.id, open: open.id, refunded: refunded.id },
    ...{ sent: sent.id, parcel: shipmentId, sentBack, location, edited: edited.id, exchanged, exchange },
    ...carts,
    ...{ cancelled: cancelled.id, disputed: disputed.id, spare, variant: paid.variantId, intent, payment },
    declinedIntent: (await intentOf(declined.id)).intent,
  };
}

/** Constraints would refuse what the auditor is to find. Once for all copies that are made of it. */
async function unbind(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  for (const [table, name] of await sql<{ table: string; name: string }[]>`
    select conrelid::regclass::text as table, conname as name from pg_constraint
     where contype = 'c' and conrelid::regclass::text in (
       'inventory', 'orders', 'order_lines', 'payments', 'line_units', 'shipments', 'shipment_lines',
       'returns', 'return_lines', 'order_edits', 'order_edit_lines',
       'stock_locations', 'location_stock', 'location_ledger', 'order_allocations')`.then((rows) =>
    rows.map((row) => [row.table, row.name] as const),
  )) {
    await sql`alter table ${sql(table)} drop constraint ${sql(name)}`;
  }
  await sql.end();
}

export async function openBrokenShop(): Promise<BrokenShop> {
  const audited = await openAuditedShop();
  audited.work();
  const byHand = postgres(audited.sources.databaseUrl, { max: 1, onnotice: () => {} });
  const targets = await furnish(audited, byHand);
  await byHand.end();
  await audited.loops.stop();
  const whole = await copyTestDatabase(audited.sources.databaseUrl);
  await unbind(whole.url);
  const liars: readonly Liar[] = [
    liarBefore(audited.shop.double.double.url),
    liarBefore(audited.mail.httpUrl),
  ];
  return {
    audited,
    targets,
    auditAfter: async (damage, options = { inFlightMs: 0 }) => {
      const copy = await copyTestDatabase(whole.url);
      try {
        await breakCopy(copy, damage, targets);
        for (const liar of liars) liar.tell(damage.outside?.(targets) ?? null);
        return await audit(sourcesAt(copy.url, audited, liars), options);
      } finally {
        await copy.drop();
      }
    },
    close: async () => {
      for (const liar of liars) await liar.stop();
      await whole.drop();
      await audited.close();
    },
  };
}

async function breakCopy(copy: TestDatabase, { rows }: Damage, targets: Targets): Promise<void> {
  if (rows === undefined) return;
  const connection = { session_replication_role: 'replica' };
  const sql = postgres(copy.url, { max: 1, onnotice: () => {}, connection });
  try {
    await rows(sql, targets);
  } finally {
    await sql.end();
  }
}

function sourcesAt(
  databaseUrl: string,
  { sources }: AuditedShop,
  [stripe, mail]: readonly Liar[],
): AuditSources {
  return {
    databaseUrl,
    natsUrl: sources.natsUrl,
    mailUrl: mail?.url ?? null,
    stripe: { secretKey: 'sk_test_double', apiUrl: stripe?.url ?? '' },
  };
}
