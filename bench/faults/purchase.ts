/** Whether the shop is itself again: a purchase through the edge, begun now, is paid, and has its email and its sale. */

import { EFFECTS_OF_PAID, type Sql } from '#bench/chaos/books.ts';
import { CartAnswer, type Client, checkoutBody, OrderAnswer, read } from '#bench/chaos/client.ts';
import { countEffects, firstSuccess } from '#bench/chaos/recovery.ts';
import type { Shelf } from '#bench/chaos/shelves.ts';
import { CARDS } from '#bench/chaos/visit.ts';

const GIVE_UP_MS = 40_000;
const EFFECT_POLL_MS = 25;
const EMAIL = 'probe@faults.example';

export interface Probing {
  readonly client: Client;
  readonly sql: Sql;
  readonly shelf: Shelf;
  readonly signal: AbortSignal;
}

/** Null when it was not normal within any time that is worth waiting. */
export async function timeToPurchase(probing: Probing): Promise<number | null> {
  const begun = performance.now();
  const over = AbortSignal.any([probing.signal, AbortSignal.timeout(GIVE_UP_MS)]);
  const isNormal = await firstSuccess(() => buy(probing, over), over);
  return isNormal ? performance.now() - begun : null;
}

async function buy({ client, sql, shelf }: Probing, over: AbortSignal): Promise<boolean> {
  const made = read(CartAnswer, await client.ask({ method: 'POST', path: '/carts' }));
  const owner = { cartToken: made.token ?? '' };
  const line = { variantId: shelf.plenty[0], quantity: 1 };
  const items = { method: 'POST', path: `/carts/${made.id}/items`, body: line, owner } as const;
  const cart = read(CartAnswer, await client.ask(items));
  const body = checkoutBody({ cart, email: EMAIL, paymentMethodId: CARDS.good });
  const idempotencyKey = crypto.randomUUID();
  const checkout = { method: 'POST', path: '/checkout', body, owner, idempotencyKey } as const;
  const order = read(OrderAnswer, await client.ask(checkout));
  if (order.status !== 'paid') return false;
  while (!over.aborted) {
    if ((await countEffects(sql, order.id)) === EFFECTS_OF_PAID.length) return true;
    await Bun.sleep(EFFECT_POLL_MS);
  }
  return false;
}

/** For how many of these orders the email has not been sent. */
export async function emailsToCome(sql: Sql, orderIds: readonly string[]): Promise<number> {
  const [row] = await sql<{ left: number }[]>`
    select count(*)::int as left from unnest(${[...orderIds]}::text[]) as ordered (id)
     where not exists (
       select 1 from outbox o join inbox i on i.event_id = o.id and i.consumer = 'email'
        where o.name = 'order.paid' and o.data ->> 'orderId' = ordered.id)`;
  return row?.left ?? 0;
}
