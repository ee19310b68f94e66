/**
 * How long until the shop is normal: from when everything is up to the first order that was begun then, is paid, and
 * has had its email and its sale; at each origin, and the slowest counts.
 */

import type { Static } from '@sinclair/typebox';
import { EFFECTS_OF_PAID, type Sql } from './books.ts';
import {
  type Answer,
  CartAnswer,
  type Client,
  checkoutBody,
  OrderAnswer,
  type Owner,
  RefusedQuote,
  read,
} from './client.ts';
import { RECOVERY_LIMIT_MS } from './limits.ts';
import { WISHES } from './pricing.ts';
import type { Shelf } from './shelves.ts';
import { CARDS } from './visit.ts';

const PROBE_EVERY_MS = 1_000;
const EFFECT_POLL_MS = 25;
const ORIGINS = [0, 1];
const PROBE_EMAIL = 'probe@chaos.example';

export interface Probing {
  readonly client: Client;
  readonly sql: Sql;
  readonly shelf: Shelf;
}

/** Null when it was not normal within the limit, or before the signal. */
export async function timeToNormal(probing: Probing, until: AbortSignal): Promise<number | null> {
  const begun = performance.now();
  const over = AbortSignal.any([until, AbortSignal.timeout(RECOVERY_LIMIT_MS)]);
  const normal = await Promise.all(
    ORIGINS.map((origin) => firstSuccess(() => buy(probing, origin, over), over)),
  );
  return normal.every((isNormal) => isNormal) ? performance.now() - begun : null;
}

/** A probe that hangs in something that is gone keeps no later one from succeeding. */
export async function firstSuccess(probe: () => Promise<boolean>, over: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const launch = () => {
    probe().then(
      (succeeded) => succeeded && resolve(true),
      () => undefined,
    );
  };
  launch();
  const timer = setInterval(launch, PROBE_EVERY_MS);
  over.addEventListener('abort', () => resolve(false), { once: true });
  if (over.aborted) resolve(false);
  const hasSucceeded = await promise;
  clearInterval(timer);
  return hasSucceeded;
}

async function buy({ client, sql, shelf }: Probing, origin: number, over: AbortSignal): Promise<boolean> {
  const made = read(CartAnswer, await client.ask({ method: 'POST', path: '/carts' }, origin));
  const owner: Owner = { cartToken: made.token ?? '' };
  const line = { variantId: shelf.plenty[0], quantity: 1 };
  const items = { method: 'POST', path: `/carts/${made.id}/items`, body: line, owner } as const;
  await client.ask(items, origin);
  const wishes = { method: 'PATCH', path: `/carts/${made.id}`, body: WISHES, owner } as const;
  const cart = read(CartAnswer, await client.ask(wishes, origin));
  const order = read(OrderAnswer, await payQuoted(client, { cart, owner, origin }, over));
  if (order.status !== 'paid') return false;
  while (!over.aborted) {
    if ((await countEffects(sql, order.id)) === EFFECTS_OF_PAID.length) return true;
    await Bun.sleep(EFFECT_POLL_MS);
  }
  return false;
}

interface Paying {
  readonly cart: Static<typeof CartAnswer>;
  readonly owner: Owner;
  readonly origin: number;
}

/** Prices change all the time: that is normal, and so is to take the fresh quote. */
async function payQuoted(client: Client, paying: Paying, over: AbortSignal): Promise<Answer> {
  const { owner, origin } = paying;
  for (let cart = paying.cart; ; ) {
    const body = checkoutBody({ cart, email: PROBE_EMAIL, paymentMethodId: CARDS.good });
    const idempotencyKey = crypto.randomUUID();
    const checkout = { method: 'POST', path: '/checkout', body, owner, idempotencyKey } as const;
    const answer = await client.ask(checkout, origin);
    if (over.aborted || answer.kind === 'lost' || answer.code !== 'price_changed') return answer;
    cart = { ...cart, ...read(RefusedQuote, answer) };
  }
}

export async function countEffects(sql: Sql, orderId: string): Promise<number> {
  const [row] = await sql<{ effects: number }[]>`
    select count(*)::int as effects
      from outbox o join inbox i on i.event_id = o.id and i.consumer in ${sql([...EFFECTS_OF_PAID])}
     where o.name = 'order.paid' and o.data ->> 'orderId' = ${orderId}`;
  return row?.effects ?? 0;
}
