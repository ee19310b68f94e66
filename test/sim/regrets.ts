/** What shoppers and staff do to an order afterwards: it is cancelled, or some of its money goes back. */

import { eq } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import type { RefundId, UserId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { cancelOrder, refundOrder } from '#origin/payments/service.ts';
import type { Scene } from './world.ts';

export interface Regret {
  readonly name: string;
  readonly kind: 'cancel' | 'refund' | 'send' | 'send back';
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
  return [...(random.chance(0.3) ? [cancellation] : []), ...(random.chance(0.2) ? [part] : [])];
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
