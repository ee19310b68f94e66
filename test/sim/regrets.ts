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
  readonly kind: 'cancel' | 'refund';
  readonly refundId: RefundId;
  /** Somebody has asked for it, and asks until there is an answer. */
  isBegun: boolean;
  /** Told that it is done; a refusal leaves it false. */
  isDone: boolean;
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

function createRegret(
  kind: Regret['kind'],
  refundId: RefundId,
  { cartId }: Scene,
  work: (deps: Deps, orderId: OrderId) => Promise<void>,
): Regret {
  let isRefused = false;
  /** Those that crashed are among them for ever. */
  let underWay = 0;
  const regret: Regret = {
    name: kind,
    kind,
    refundId,
    isBegun: false,
    isDone: false,
    act: async (deps) => {
      if (regret.isDone || isRefused) return;
      underWay += 1;
      try {
        const placed = await deps.db.select({ id: orders.id }).from(orders).where(eq(orders.cartId, cartId));
        const last = placed.at(-1);
        if (last === undefined) return;
        regret.isBegun = true;
        await work(deps, last.id);
        regret.isDone = true;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        // While another one is at the same, this refusal is not the last word.
        isRefused = underWay === 1 && !PROBLEMS[error.code].retryable;
      } finally {
        underWay -= 1;
      }
    },
  };
  return regret;
}
