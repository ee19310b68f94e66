/** What shoppers and staff do to an order afterwards: it is cancelled, a unit is taken off, or some of its money goes back. */

import { eq } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import { present } from '#lib/assert.ts';
import type { OrderEditId, RefundId, UserId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { unitsOf } from '#origin/fulfilment/service.ts';
import { editOrder } from '#origin/order-edits/service.ts';
import { findOrder, isOpen } from '#origin/orders/service.ts';
import { cancelOrder, refundOrder } from '#origin/payments/service.ts';
import { QUANTITY, type Scene } from './world.ts';

export interface Regret {
  readonly name: string;
  readonly kind: 'cancel' | 'refund' | 'edit' | 'send' | 'send back';
  readonly refundId: RefundId;
  /** Somebody has asked for it, and asks until there is an answer. */
  isBegun: boolean;
  /** Told that it is done; a refusal leaves it false. */
  isDone: boolean;
  /** Attempts that nobody was told the end of: each of them may have been taken up. */
  untold: number;
  act(deps: Deps): Promise<void>;
}

export const REFUND = minor(1_500);

/** Chosen by the seed; most orders are not regretted. */
export function regretsOf(scene: Scene): readonly Regret[] {
  const { random } = scene;
  const refundId = scene.ids.next<RefundId>();
  const reason = 'changed their mind';
  const cancellation = createRegret('cancel', refundId, scene, (deps, orderId) =>
    cancelOrder(deps, { orderId, refundId, actor: 'shopper', actorId: null, reason }),
  );
  const staff = scene.ids.next<UserId>();
  const partId = scene.ids.next<RefundId>();
  const part = createRegret('refund', partId, scene, (deps, orderId) =>
    refundOrder(deps, { orderId, refundId: partId, amount: REFUND, reason, actorId: staff }),
  );
  const editId = scene.ids.next<OrderEditId>();
  const edit = createRegret('edit', scene.ids.next<RefundId>(), scene, (deps, orderId) =>
    takeOneOff(deps, orderId, editId),
  );
  return [
    ...(random.chance(0.3) ? [cancellation] : []),
    ...(random.chance(0.2) ? [part] : []),
    ...(random.chance(0.25) ? [edit] : []),
  ];
}

async function takeOneOff(deps: Deps, orderId: OrderId, editId: OrderEditId): Promise<void> {
  const order = await findOrder(deps.db, orderId);
  if (order !== undefined && isOpen(order.status)) throw new AppError('payment_in_progress');
  const [line] = await unitsOf(deps.db, orderId);
  const { lineId } = present(line, `the line of order ${orderId}`);
  const wanted = [{ lineId, quantity: QUANTITY - 1 }];
  await editOrder(deps, { orderId, editId, wanted, address: null, editor: 'shopper', actorId: null });
}

type OrderId = (typeof orders.$inferSelect)['id'];

export function createRegret(
  kind: Regret['kind'],
  refundId: RefundId,
  { cartId }: Scene,
  work: (deps: Deps, orderId: OrderId) => Promise<void>,
): Regret {
  let isRefused = false;
  const regret: Regret = {
    name: kind,
    kind,
    refundId,
    isBegun: false,
    isDone: false,
    untold: 0,
    act: async (deps) => {
      if (regret.isDone || isRefused) return;
      const placed = await deps.db.select({ id: orders.id }).from(orders).where(eq(orders.cartId, cartId));
      const last = placed.at(-1);
      if (last === undefined) return;
      regret.isBegun = true;
      regret.untold += 1;
      try {
        await work(deps, last.id);
        regret.isDone = true;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        isRefused = !PROBLEMS[error.code].retryable;
        if (isRefused) regret.untold -= 1;
      }
    },
  };
  return regret;
}
