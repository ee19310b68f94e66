/** What the demo finds to buy. */

import type { Card } from './answers.ts';
import { DemoFailure, type Shop } from './shop.ts';
import { pick, say } from './tell.ts';

const SEARCHES = ['mug', 'lamp', 'backpack', 'notebook', 'shirt', 'puzzle'];
const SEARCH_LIMIT = 20;

/** Something in stock for each of some words, in another order each time. */
export async function* findProducts(shop: Shop): AsyncGenerator<Card> {
  for (const words of SEARCHES.toSorted(() => Math.random() - 0.5)) {
    const { body } = await shop.get<{ items: Card[] }>(`/search?q=${words}&limit=${SEARCH_LIMIT}`);
    const available = body.items.filter((item) => item.available);
    if (available.length === 0) continue;
    const card = pick(available, 'a product');
    say('search', `"${words}" finds ${body.items.length} products, among them ${card.name}`);
    yield card;
  }
}

/** @throws {DemoFailure} where everything is sold out */
export async function findProduct(shop: Shop): Promise<Card> {
  for await (const card of findProducts(shop)) return card;
  throw new DemoFailure('no search found anything in stock; npm start -- --fresh fills the shelves again');
}
