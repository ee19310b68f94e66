/** What becomes of an order's goods: sent in parcels by staff, and sent back by the shopper. */

import { randomUUID } from 'node:crypto';
import type { Order, OrderItem, Return, Shipment } from './answers.ts';
import { DemoFailure, type Shop, wait } from './shop.ts';
import { inWords, say } from './tell.ts';

export interface People {
  readonly shopper: Shop;
  readonly staff: Shop;
}

const orderAs = async (shop: Shop, id: string) => (await shop.get<Order>(`/orders/${id}`)).body;

function requireStatus({ number, status }: Order, wanted: string): void {
  if (status !== wanted) throw new DemoFailure(`order ${number} is ${status}, and should be ${wanted}`);
}

/** A parcel for each line; each is delivered when both are on their way. */
export async function sendParcels({ shopper, staff }: People, { id, items }: Order): Promise<string[]> {
  const parcels = `/sales/${id}/shipments`;
  const shipmentIds: string[] = [];
  for (const [index, item] of items.entries()) {
    const body = { items: [{ itemId: item.id, quantity: item.quantity }] };
    const headers = { 'idempotency-key': randomUUID() };
    const { body: packed } = await staff.post<Shipment>(parcels, body, headers);
    const trackingNumber = `JD0146${packed.id.slice(-8).toUpperCase()}`;
    const { body: shipped } = await staff.post<Shipment>(`${parcels}/${packed.id}/ship`, {
      ...{ carrier: 'DHL', trackingNumber },
      trackingUrl: `https://www.dhl.example/track?id=${trackingNumber}`,
    });
    const order = await orderAs(shopper, id);
    requireStatus(order, index < items.length - 1 ? 'partially_fulfilled' : 'fulfilled');
    const tracking = `${shipped.carrier} ${shipped.trackingNumber}, ${shipped.trackingUrl}`;
    say(
      'parcel',
      `${item.quantity} x ${item.name}: ${shipped.status}, ${tracking}; the order is ${order.status}`,
    );
    shipmentIds.push(packed.id);
  }
  for (const shipmentId of shipmentIds) await staff.post(`${parcels}/${shipmentId}/deliver`);
  const order = await orderAs(shopper, id);
  requireStatus(order, 'delivered');
  say('parcel', `${shipmentIds.length} parcels have arrived; the order is ${order.status}`);
  return shipmentIds;
}

interface SentBack {
  readonly returnId: string;
  readonly refundId: string;
}

/** Asked for by the shopper; authorised, received, put back on the shelf and refunded by staff. */
export async function sendBack({ shopper, staff }: People, id: string, item: OrderItem): Promise<SentBack> {
  const quantity = item.quantity;
  const stockOf = async () =>
    (await staff.get<{ onHand: number }>(`/inventory/${item.variantId}`)).body.onHand;
  const asked = { items: [{ itemId: item.id, quantity }], reason: 'no_longer_wanted', note: 'Too blue.' };
  const headers = { 'idempotency-key': randomUUID() };
  const { body: requested } = await shopper.post<Return>(`/orders/${id}/returns`, asked, headers);
  say('return', `${quantity} x ${item.name} ("${asked.note}"): ${requested.status}`);
  const path = `/sales/${id}/returns/${requested.id}`;
  const { body: authorised } = await staff.post<Return>(`${path}/authorise`);
  const before = await stockOf();
  const came = { items: [{ itemId: item.id, restock: quantity }] };
  const { body: received } = await staff.post<Return>(`${path}/receive`, came);
  const { units } = await itemOf(shopper, id, item.id);
  if (units.returned !== quantity) throw new DemoFailure(`${units.returned} of ${quantity} units came back`);
  say(
    'return',
    `${authorised.status}, ${received.status}, restocked: ${before} on hand, then ${await stockOf()}`,
  );
  const { body: refunded } = await staff.post<Return>(`${path}/refund`);
  if (refunded.refund === null) throw new DemoFailure(`return ${requested.id} has no refund`);
  say('return', `${refunded.status}: ${inWords(refunded.refund.amount)}, all that was charged for it`);
  return { returnId: requested.id, refundId: refunded.refund.id };
}

async function itemOf(shop: Shop, orderId: string, itemId: string): Promise<OrderItem> {
  const found = (await orderAs(shop, orderId)).items.find(({ id }) => id === itemId);
  if (found === undefined) throw new DemoFailure(`order ${orderId} has no line ${itemId}`);
  return found;
}

/** The order, once its refund has gone through. */
export async function awaitRefund(shop: Shop, orderId: string, refundId: string): Promise<Order> {
  const order = await wait('the refund', async () => {
    const found = await orderAs(shop, orderId);
    const refund = found.refunds.find(({ id }) => id === refundId);
    return refund?.status === 'succeeded' ? found : null;
  });
  const { paid, refunded } = order.payment;
  say(
    'order',
    `number ${order.number} is ${order.status}: ${inWords(paid)} paid, ${inWords(refunded)} of it refunded`,
  );
  return order;
}
