/** Those who buy: a guest's cart, an item, a checkout under one Idempotency-Key however often it is sent, the order. */

import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { CartAnswer, checkoutBody, OrderAnswer, type Owner } from '#bench/chaos/client.ts';
import type { Shelf } from '#bench/chaos/shelves.ts';
import { CARDS } from '#bench/chaos/visit.ts';
import { present } from '#lib/assert.ts';
import { judgeAnswer, type Received } from './answers.ts';
import { type Asked, askNoted, type ShopFront } from './shop-front.ts';

const SHOPPERS = 3;
const PAUSE_MS = 250;
/** Sooner than the shop bids to come back: the more there is to be judged. */
const RETRY_MS = 400;
const EMAIL = 'shopper@faults.example';

export interface Shopping {
  readonly front: ShopFront;
  readonly shelf: Shelf;
}

/** @returns what ends it, once each has had the answer to what was asked last. */
export function sendShoppers(shopping: Shopping): () => Promise<void> {
  let isOpen = true;
  const mayGoOn = () => isOpen;
  const place = async (number: number) => {
    for (let visit = number; mayGoOn(); visit += SHOPPERS) {
      await buy(shopping, visit, mayGoOn);
      await Bun.sleep(PAUSE_MS);
    }
  };
  const all = Promise.all(Array.from({ length: SHOPPERS }, (_, number) => place(number)));
  return async () => {
    isOpen = false;
    await all;
  };
}

async function buy({ front, shelf }: Shopping, visit: number, mayGoOn: () => boolean): Promise<void> {
  const persist = async <Schema extends TSchema>(schema: Schema, request: Asked) => {
    while (mayGoOn()) {
      const received = await askNoted(front, request);
      if (received.kind === 'answered' && Value.Check(schema, received.body)) return received.body;
      if (isFinal(received)) return null;
      await Bun.sleep(RETRY_MS);
    }
    return null;
  };
  const made = await persist(CartAnswer, { kind: 'cart', method: 'POST', path: '/carts' });
  if (made === null) return;
  const owner: Owner = { cartToken: made.token ?? '' };
  const variantId = present(shelf.plenty[visit % shelf.plenty.length], 'a variant');
  const line = { variantId, quantity: 1 };
  const items = { kind: 'cart', method: 'POST', path: `/carts/${made.id}/items`, body: line, owner } as const;
  const cart = await persist(CartAnswer, items);
  if (cart === null) return;
  const body = checkoutBody({ cart, email: EMAIL, paymentMethodId: CARDS.good });
  const idempotencyKey = crypto.randomUUID();
  const checkout = { method: 'POST', path: '/checkout', body, owner, idempotencyKey } as const;
  const order = await persist(OrderAnswer, { ...checkout, kind: 'checkout' });
  if (order === null) return;
  if (order.status === 'paid') front.ledgers.current.paidOrders.push(order.id);
  await persist(OrderAnswer, { kind: 'cart', method: 'GET', path: `/orders/${order.id}`, owner });
}

/** What a client does not send again. */
function isFinal(received: Received): boolean {
  if (received.kind !== 'answered') return false;
  return judgeAnswer(received).verdict === 'broken' && received.status < 500;
}
