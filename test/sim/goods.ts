/** What staff does with an order's goods: all of them leave and arrive, and one unit comes back and is refunded. */

import { eq } from 'drizzle-orm';
import { orderLines } from '#db/schema/orders.ts';
import { returns } from '#db/schema/returns.ts';
import { present } from '#lib/assert.ts';
import type { OrderId, RefundId, ReturnId, ShipmentId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { packShipment, stepShipment, unitsOf } from '#origin/fulfilment/service.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { findOrder, isOpen } from '#origin/orders/service.ts';
import { receiveReturn } from '#origin/returns/receive-return.ts';
import { refundReturn } from '#origin/returns/refund-return.ts';
import { requestReturn } from '#origin/returns/request-return.ts';
import { authoriseReturn } from '#origin/returns/service.ts';
import { createRegret, type Regret } from './regrets.ts';
import { QUANTITY, type Scene } from './world.ts';

/** Units that come back. */
const BACK = 1;

/** Chosen by the seed, unless all of it is wanted. */
export function goodsOf(scene: Scene, isAll: boolean): readonly Regret[] {
  const { random, ids } = scene;
  const staff: SignedIn = { kind: 'user', userId: ids.next<UserId>(), role: 'admin' };
  const shipmentId = ids.next<ShipmentId>();
  const sending = createRegret('send', ids.next<RefundId>(), scene, (deps, orderId) =>
    send(deps, staff, orderId, shipmentId),
  );
  const returnId = ids.next<ReturnId>();
  const sendingBack = createRegret('send back', ids.next<RefundId>(), scene, (deps, orderId) =>
    sendBack(deps, { scene, staff, orderId, returnId }),
  );
  if (isAll) return [sending, sendingBack];
  if (!random.chance(0.4)) return [];
  return random.chance(0.6) ? [sending, sendingBack] : [sending];
}

async function lineOf(deps: Deps, orderId: OrderId) {
  const [line] = await deps.db
    .select({ id: orderLines.id })
    .from(orderLines)
    .where(eq(orderLines.orderId, orderId));
  return present(line, `the line of order ${orderId}`).id;
}

async function send(deps: Deps, staff: SignedIn, orderId: OrderId, shipmentId: ShipmentId): Promise<void> {
  const order = await findOrder(deps.db, orderId);
  if (order !== undefined && isOpen(order.status)) throw new AppError('payment_in_progress');
  const items = [{ itemId: await lineOf(deps, orderId), quantity: QUANTITY }];
  await packShipment(deps, staff, { orderId, shipmentId, items });
  await stepShipment(deps, staff, { orderId, shipmentId, step: 'ship' });
  await stepShipment(deps, staff, { orderId, shipmentId, step: 'deliver' });
}

interface SendingBack {
  readonly scene: Scene;
  readonly staff: SignedIn;
  readonly orderId: OrderId;
  readonly returnId: ReturnId;
}

async function sendBack(deps: Deps, { scene, staff, ...name }: SendingBack): Promise<void> {
  const units = await unitsOf(deps.db, name.orderId);
  if (units.every(({ shipped }) => shipped === 0)) throw new AppError('payment_in_progress');
  const itemId = await lineOf(deps, name.orderId);
  const statusNow = async () => {
    const [row] = await deps.db
      .select({ status: returns.status })
      .from(returns)
      .where(eq(returns.id, name.returnId));
    return row?.status;
  };
  await requestReturn(deps, scene.guest, { ...name, items: [{ itemId, quantity: BACK }], reason: 'damaged' });
  if ((await statusNow()) === 'requested') await authoriseReturn(deps, staff, name);
  if ((await statusNow()) === 'authorised') {
    await receiveReturn(deps, staff, { ...name, items: [{ itemId, restock: BACK }] });
  }
  await refundReturn(deps, staff, { ...name, amount: null });
}
