/**
 * People at the running shop, as many as its limits let in: readers, and one who is logged in, fills carts and buys.
 * What they are answered is counted.
 */

import { DEMO_ACCOUNTS } from '#db/seed/accounts.ts';
import { present } from '#lib/assert.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { PROBLEM_CONTENT_TYPE } from '#lib/problems.ts';

export interface Tally {
  readonly answered: number;
  /** 409, 429 and 503 that say why, and when to come again. */
  readonly refused: number;
  /** Anything else, in words. */
  readonly failed: readonly string[];
}

export interface Shoppers {
  /** What has come since the last time that this was asked. */
  take(): Tally;
  stop(): Promise<void>;
}

const READ_EVERY_MS = 50;
/** Below what a user may ask for in a minute... */
const VISIT_EVERY_MS = 2 * SECOND_MS;
/** ...and buy. */
const BUYS_EVERY = 5;
const HOME = { postalCode: '12345', country: 'US' };
const TIMEOUT_MS = 35 * SECOND_MS;
const REFUSALS: readonly number[] = [409, 429, 503];

interface Message {
  readonly method?: 'GET' | 'PATCH' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the answers of the shop's own API, read by their documented shape.
type Body = any;

function createClient(edgeUrl: string) {
  let counted = { answered: 0, refused: 0, failed: [] as string[] };
  /** The answer's body, or null where there was none to go on with. */
  const ask = async (path: string, { method = 'GET', body, headers = {} }: Message = {}): Promise<Body> => {
    try {
      const answer = await fetch(`${edgeUrl}/api/v1${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.text();
      if (answer.ok) {
        counted.answered += 1;
        return JSON.parse(text);
      }
      const isClear = answer.headers.get('content-type')?.startsWith(PROBLEM_CONTENT_TYPE) ?? false;
      if (isClear && REFUSALS.includes(answer.status)) counted.refused += 1;
      else counted.failed.push(`${method} ${path}: ${answer.status} ${text.slice(0, 80)}`);
    } catch (error) {
      counted.failed.push(`${method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return null;
  };
  const take = (): Tally => {
    const taken = counted;
    counted = { answered: 0, refused: 0, failed: [] };
    return taken;
  };
  return { ask, take };
}

type Ask = ReturnType<typeof createClient>['ask'];

interface Buyer {
  readonly ask: Ask;
  readonly authorization: string;
  readonly variantIds: readonly string[];
}

async function visit({ ask, authorization, variantIds }: Buyer, turn: number): Promise<void> {
  const headers = { authorization };
  const cart = await ask('/carts', { method: 'POST', headers });
  if (cart === null) return;
  const variantId = variantIds[turn % variantIds.length];
  await ask(`/carts/${cart.id}/items`, { method: 'POST', headers, body: { variantId, quantity: 1 } });
  if (turn % BUYS_EVERY !== 0) return;
  const quote = await chooseShipping(ask, cart.id, headers);
  if (quote === null) return;
  await ask('/checkout', {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
    body: {
      ...{ cartId: cart.id, quote: quote.token, email: shopper.email, paymentMethodId: 'pm_card_visa' },
      shippingAddress: { name: 'Sam Shopper', line1: '1 Main Street', city: 'Springfield', ...HOME },
    },
  });
}

/** By the first way that the shop ships there, where it has such ways. The quote then; null where none was to be had. */
async function chooseShipping(ask: Ask, cartId: string, headers: Message['headers']): Promise<Body> {
  const own = headers === undefined ? {} : { headers };
  const change = (body: Body) => ask(`/carts/${cartId}`, { method: 'PATCH', body, ...own });
  const placed = await change({ destination: HOME });
  const ways = await ask(`/carts/${cartId}/shipping`, own);
  const way = ways?.items.find(({ price }: Body) => price !== null);
  const cart = way === undefined ? placed : await change({ shippingMethodId: way.id });
  return cart?.quote ?? null;
}

const shopper = present(
  DEMO_ACCOUNTS.find(({ role }) => role === 'shopper'),
  'the demo shopper',
);

/** @throws {Error} when the shop has nothing to sell or does not let the demo shopper in. */
export async function startShoppers(edgeUrl: string): Promise<Shoppers> {
  const { ask, take } = createClient(edgeUrl);
  const list = await ask('/products?limit=20');
  const slugs: string[] = (list?.items ?? []).map(({ slug }: Body) => slug);
  const products: Body[] = await Promise.all(slugs.map((slug) => ask(`/products/${slug}`)));
  const variants: Body[] = products.flatMap((product) => product?.variants ?? []);
  const variantIds: string[] = variants.filter(({ available }) => available).map(({ id }) => id);
  const { email, password } = shopper;
  const session = await ask('/auth/login', { method: 'POST', body: { email, password } });
  if (session === null || variantIds.length === 0) {
    throw new Error(`The demo shopper cannot buy here: ${take().failed[0] ?? 'nothing is for sale'}`);
  }
  take();
  const buyer: Buyer = { ask, authorization: `Bearer ${session.accessToken}`, variantIds };
  let isOver = false;
  const repeat = async (everyMs: number, work: (turn: number) => Promise<unknown>) => {
    for (let turn = 0; !isOver; turn += 1) {
      await work(turn);
      await Bun.sleep(everyMs);
    }
  };
  const loops = [
    repeat(READ_EVERY_MS, (turn) => ask(`/products/${slugs[turn % slugs.length]}`)),
    repeat(READ_EVERY_MS, () => ask('/products?limit=20')),
    repeat(VISIT_EVERY_MS, (turn) => visit(buyer, turn)),
  ];
  return {
    take,
    stop: async () => {
      isOver = true;
      await Promise.all(loops);
    },
  };
}
