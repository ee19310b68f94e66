/** What must hold of a story that has come to rest, whatever has happened in it. */

import { and, eq, ne } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import type { StoredAnswer } from '#db/idempotency.ts';
import { discounts } from '#db/schema/discounts.ts';
import { orderAllocations, shipments } from '#db/schema/fulfilment.ts';
import { inventory, locationStock } from '#db/schema/inventory.ts';
import { orderEdits } from '#db/schema/order-edits.ts';
import { orderLines, orders } from '#db/schema/orders.ts';
import { payments } from '#db/schema/payments.ts';
import { returns } from '#db/schema/returns.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { DiscountId, OrderId, VariantId } from '#lib/ids.ts';
import { unitsOf } from '#origin/fulfilment/service.ts';
import { balanceOf } from '#origin/ledger/service.ts';
import { stockOf } from '#test/support/books.ts';
import { REFUND, type Regret } from './regrets.ts';
import type { Told } from './story.ts';
import { entriesOf } from './stripe-side.ts';
import { QUANTITY, STOCK, type World } from './world.ts';

const NO_DISCOUNT = '00000000-0000-0000-0000-000000000000' as DiscountId;
const UNPAID = ['payment_failed', 'cancelled'];

/** Each breach in one line; none when all is well. */
export async function breachesOf(world: World, told: Told): Promise<string[]> {
  const found = await look(world, told);
  const breaches: string[] = [];
  const must: Must = (holds, text) => {
    if (!holds) breaches.push(text);
  };
  for (const order of found.orders) {
    judgeOrder(must, order, told);
    judgeGoods(must, order, told);
  }
  judgeWhole(must, found, told);
  return breaches;
}

type Must = (holds: boolean, text: string) => void;
type Found = Awaited<ReturnType<typeof look>>;
type FoundOrder = Found['orders'][number];

async function look({ shop }: World, { scene, stripe }: Told) {
  const { db } = shop.deps;
  const entries = await entriesOf(shop, stripe);
  const rows = await db
    .select({
      id: orders.id,
      status: orders.status,
      payment: payments.status,
      intent: payments.stripePaymentIntentId,
    })
    .from(orders)
    .innerJoin(payments, eq(payments.orderId, orders.id))
    .where(eq(orders.cartId, scene.cartId));
  const withBooks = rows.map(async (row) => ({
    ...row,
    balance: await balanceOf(db, row.id),
    goods: await lookAtGoods(db, row.id),
    entries: entries.filter(({ paymentIntent }) => paymentIntent.metadata['order_id'] === row.id),
  }));
  const isOfCode = eq(discounts.id, scene.terms?.discountId ?? NO_DISCOUNT);
  const [code] = await db.select({ uses: discounts.uses }).from(discounts).where(isOfCode);
  return {
    ...{ orders: await Promise.all(withBooks), entries, uses: code?.uses ?? null },
    stock: await stockOf(db, scene.variantId),
    places: await lookAtPlaces(db, scene.variantId),
  };
}

/** What lies elsewhere, as it is counted and as it lies there; and what each order has taken from there. */
async function lookAtPlaces(db: Database, variantId: VariantId) {
  const [row] = await db
    .select({ elsewhere: inventory.elsewhere })
    .from(inventory)
    .where(eq(inventory.variantId, variantId));
  const lying = await db.select().from(locationStock).where(eq(locationStock.variantId, variantId));
  const taken = await db
    .select({ orderId: orderAllocations.orderId, quantity: orderAllocations.quantity })
    .from(orderAllocations)
    .innerJoin(orderLines, eq(orderLines.id, orderAllocations.lineId))
    .where(and(eq(orderLines.variantId, variantId), ne(orderAllocations.locationId, DEFAULT_LOCATION)));
  const units = lying.reduce((total, { onHand }) => total + onHand, 0);
  return { counted: row?.elsewhere, units, taken };
}

async function lookAtGoods(db: Database, orderId: OrderId) {
  const lines = await unitsOf(db, orderId);
  const [parcels, sentBack, edits] = await Promise.all([
    db.select().from(shipments).where(eq(shipments.orderId, orderId)),
    db.select().from(returns).where(eq(returns.orderId, orderId)),
    db.select().from(orderEdits).where(eq(orderEdits.orderId, orderId)),
  ]);
  const sum = (of: 'shipped' | 'returned' | 'removed') => lines.reduce((total, line) => total + line[of], 0);
  const back = sentBack.reduce((total, { refundMinor }) => total + (refundMinor ?? 0), 0);
  const off = edits.reduce((total, { refundMinor }) => total + (refundMinor ?? 0), 0);
  const units = { shipped: sum('shipped'), returned: sum('returned'), removed: sum('removed') };
  return { ...units, back, off, parcels, sentBack, edits };
}

function judgeGoods(
  must: Must,
  { id, status, payment, goods }: FoundOrder,
  { scene, effects, regrets }: Told,
): void {
  const { shipped, returned, removed, back, parcels, sentBack, edits } = goods;
  const isDone = (wanted: Regret['kind']) =>
    regrets.some((regret) => regret.kind === wanted && regret.isDone);
  must(shipped === 0 || shipped === QUANTITY, `${shipped} of ${QUANTITY} units of order ${id} have left`);
  must(
    shipped === 0 || (payment === 'captured' && status !== 'cancelled'),
    `order ${id} is ${status} and sent`,
  );
  must(returned <= 1 && back <= scene.totalMinor, `${returned} units came back, ${back} for them`);
  must(removed <= 1 && removed + shipped <= QUANTITY, `${removed} units were taken off, ${shipped} sent`);
  must(edits.length === removed, `${edits.length} edits for ${removed} units`);
  must(
    !isDone('send back') || payment !== 'captured' || shipped === 0 || back > 0,
    'a return lacks its refund',
  );
  const mailsOf = (wanted: string) =>
    new Set(effects.mailed.filter((messageId) => messageId.includes(wanted)));
  for (const { id: editId } of edits) {
    must(mailsOf(editId).size === 1, `edit ${editId} has ${mailsOf(editId).size} letters`);
  }
  for (const parcel of parcels) {
    const expected = { packed: 0, unpacked: 0, shipped: 1, delivered: 2 }[parcel.status];
    must(
      mailsOf(parcel.id).size === expected,
      `parcel ${parcel.id} is ${parcel.status}: ${mailsOf(parcel.id).size} letters`,
    );
  }
  for (const each of sentBack) {
    const expected = {
      ...{ requested: 1, authorised: 2, rejected: 2, withdrawn: 1 },
      ...{ received: 3, refunded: 4, exchanged: 3 },
    }[each.status];
    must(
      mailsOf(each.id).size === expected,
      `return ${each.id} is ${each.status}: ${mailsOf(each.id).size} letters`,
    );
  }
}

function judgeOrder(must: Must, order: FoundOrder, { scene, effects, regrets }: Told): void {
  const { totalMinor: total } = scene;
  const { id, status, payment, intent, balance, entries, goods } = order;
  const isCaptured = payment === 'captured';
  const captured = entries.filter(({ totals }) => totals.capturedMinor > 0);
  const refunded = entries.reduce((sum, { totals }) => sum + totals.refundedMinor, 0);
  must(isCaptured || UNPAID.includes(status), `order ${id} stays ${status}, its payment ${payment}`);
  must(status !== 'payment_failed' || !isCaptured, `order ${id} failed, its payment is captured`);
  must(captured.length === (isCaptured ? 1 : 0), `order ${id} is ${status} with ${captured.length} charges`);
  for (const { totals, paymentIntent } of captured) {
    must(totals.capturedMinor === total, `${totals.capturedMinor} were charged for ${total}`);
    must(totals.successfulCharges === 1, `${paymentIntent.id} was charged ${totals.successfulCharges} times`);
    must(paymentIntent.id === intent, `order ${id} knows ${intent}, charged was ${paymentIntent.id}`);
  }
  must(balance.paid === (isCaptured ? total : 0), `the ledger has ${balance.paid} paid for ${status} ${id}`);
  must(balance.refunded === refunded, `Stripe gave ${refunded} back, the ledger says ${balance.refunded}`);
  const isCancelled = isCaptured && status === 'cancelled';
  const isWanted = ({ kind, isDone, untold }: Regret) => kind === 'refund' && (isDone || untold > 0);
  const part = regrets.some(isWanted) ? REFUND : 0;
  const { back, off } = goods;
  const asked = isCancelled ? total : part + back + off;
  must(
    [isCancelled ? 0 : back + off, asked].includes(refunded),
    `${refunded} were refunded, asked for were ${asked}`,
  );
  must(!isCancelled || refunded === total, `order ${id} is cancelled, ${refunded} of ${total} went back`);
  const mails = new Set(effects.mailed.filter((messageId) => messageId.includes(id)));
  must(mails.size === (isCaptured ? 1 : 0), `order ${id} is ${status} with ${mails.size} receipts`);
}

function judgeWhole(
  must: Must,
  { orders: all, entries, stock, places, uses }: Found,
  { answers, regrets, scene }: Told,
): void {
  const paid = all.filter(({ payment }) => payment === 'captured');
  // Another tab may buy again what was cancelled and paid back, and nothing else.
  const kept = paid.filter(({ status }) => status !== 'cancelled');
  must(kept.length <= 1, `${kept.length} orders of one cart`);
  must(paid.length <= 1 || regrets.some(({ isDone }) => isDone), `${paid.length} charges for one cart`);
  for (const { paymentIntent } of entries) {
    const canStillCharge = !['succeeded', 'canceled'].includes(paymentIntent.status);
    // One that was made and never heard of is not confirmed, and nobody knows its id.
    const isKnown = all.some(({ intent }) => intent === paymentIntent.id);
    must(
      !(canStillCharge && isKnown),
      `${paymentIntent.id} is ${paymentIntent.status}: it may be charged yet`,
    );
  }
  must(uses === null || uses === kept.length, `the code has ${uses} uses, ${kept.length} orders have it`);
  const sold = kept.reduce((total, { goods }) => total + QUANTITY - goods.returned - goods.removed, 0);
  must(stock?.reserved === 0, `${stock?.reserved} units stay reserved`);
  must(stock?.onHand === STOCK - sold, `${stock?.onHand} of ${STOCK} units are left, ${sold} were sold`);
  const gone = places.taken
    .filter(({ orderId }) => kept.some(({ id }) => id === orderId))
    .reduce((total, { quantity }) => total + quantity, 0);
  must(places.counted === places.units, `${places.units} units lie elsewhere, counted are ${places.counted}`);
  must(
    places.units === scene.elsewhere - gone,
    `${places.units} of ${scene.elsewhere} units lie elsewhere, ${gone} were taken from there`,
  );
  must(answers[0] !== null, 'the shopper never got an answer');
  const isTold = answers.some((answer) => statusIn(answer) === 'paid');
  must(!isTold || paid.length > 0, 'a shopper was told of a paid order that is not there');
}

function statusIn(answer: StoredAnswer | null | undefined): unknown {
  const body = answer?.body;
  return typeof body === 'object' && body !== null && 'status' in body ? body.status : null;
}
