/** A shop with one order of every kind, and how a test breaks a copy of it. */

import postgres from 'postgres';
import { type AuditReport, type AuditSources, audit } from '#ops/audit/audit.ts';
import { type AuditedShop, openAuditedShop } from '#test/support/audited.ts';
import { send, step } from '#test/support/fulfilment.ts';
import { type Liar, type Lie, liarBefore } from '#test/support/lies.ts';
import { bookCaptures, cancelPaid, dispute, giveBack } from '#test/support/money-by-hand.ts';
import { asStaff, sendBack } from '#test/support/returns.ts';
import { cartWith, checkOut, createProduct, type Owner } from '#test/support/shopping.ts';
import { copyTestDatabase, type TestDatabase } from '#test/support/stack.ts';

/** What a breach is aimed at: the ids of orders and of what belongs to them. */
export interface Targets {
  readonly paid: string;
  readonly declined: string;
  readonly open: string;
  readonly refunded: string;
  readonly cancelled: string;
  readonly disputed: string;
  /** An order in two parcels, both of which have left. */
  readonly sent: string;
  /** Its first parcel, which has arrived. */
  readonly parcel: string;
  /** Of one of its units, which was written off and refunded. */
  readonly sentBack: string;
  /** Never bought. */
  readonly spare: string;
  /** Bought by `paid` alone. */
  readonly variant: string;
  /** Of `paid`. */
  readonly intent: string;
  readonly payment: string;
  /** Of `declined`. */
  readonly declinedIntent: string;
}

export interface BrokenShop {
  readonly audited: AuditedShop;
  readonly targets: Targets;
  /** Audits a copy of the shop after this was done to it, with nothing in flight unless it says so. */
  auditAfter(damage: Damage, options?: { readonly inFlightMs?: number }): Promise<AuditReport>;
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

async function orderOf(audited: AuditedShop, card?: string): Promise<Ordered> {
  const { variantId } = await createProduct(audited.shop, { stock: 10, price: PRICE });
  const cart = await cartWith(audited.shop, variantId, 2);
  const { body } = await checkOut(audited.shop, cart, card === undefined ? {} : { card });
  return { id: String(body.id ?? body.orderId), variantId, owner: cart.owner };
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
  const sent = await orderOf(audited);
  const { token: admin } = await audited.shop.signIn('admin');
  const { body: sale } = await audited.shop.call(`/api/v1/sales/${sent.id}`, { token: admin });
  const unit = { itemId: sale.items[0].id, quantity: 1 };
  const shipmentId = await send(audited.shop, sent.id, admin, unit);
  await send(audited.shop, sent.id, admin, unit);
  await step(audited.shop, { orderId: sent.id, shipmentId }, admin, 'deliver');
  const name = { orderId: sent.id, owner: sent.owner };
  const sentBack = await sendBack(audited.shop, name, admin, { itemId: unit.itemId, writeOff: 1 });
  await asStaff(audited.shop, { orderId: sent.id, returnId: sentBack }, admin, 'refund');
  const { variantId: spare } = await createProduct(audited.shop, { stock: 10, price: PRICE });
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
    ...{ sent: sent.id, parcel: shipmentId, sentBack },
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
       'returns', 'return_lines')`.then((rows) => rows.map((row) => [row.table, row.name] as const))) {
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
