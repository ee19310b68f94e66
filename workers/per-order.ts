/** Consumers whose effect is a change to an order: once for each event, with the order locked, whole or not at all. */

import type { Transaction } from '#db/client.ts';
import { markHandled } from '#db/outbox.ts';
import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { lockOrder, type OrderRow } from '#origin/orders/service.ts';
import type { Consumer } from './consumer.ts';

export interface OrderEffect extends Pick<Consumer, 'name' | 'filter'> {
  /** In the transaction in which the event is marked as handled. */
  act(deps: Deps, tx: Transaction, order: OrderRow): Promise<void>;
}

export function perOrder({ name, filter, act }: OrderEffect): Consumer {
  return {
    name,
    filter,
    handle: async (deps, { id, data }) => {
      if (!('orderId' in data)) return;
      const orderId = data.orderId as OrderId;
      await deps.db.transaction(async (tx) => {
        if (!(await markHandled(tx, name, id))) return;
        await act(deps, tx, await lockOrder(tx, orderId));
      });
    },
  };
}
