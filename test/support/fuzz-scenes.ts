/** What a fuzzed request may name: things that are there, and belong to whoever asks in their own name. */

import { sql } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { discounts } from '#db/schema/discounts.ts';
import { prices, taxRates } from '#db/schema/pricing.ts';
import { shippingAreas } from '#db/schema/shipping.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { UserId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import type { Role } from '#origin/http/permissions.ts';
import type { Who } from './fuzz-attempts.ts';
import type { FuzzedOperation } from './fuzz-document.ts';
import { tradeScenes } from './fuzz-trade.ts';
import { type Answer, type OriginUnderTest, type Reachable, TEST_PASSWORD } from './origin.ts';
import { photograph, publish } from './pictures.ts';
import { CATEGORY, cartOf, checkOut, createProduct, type Owner } from './shopping.ts';

export interface Scene {
  /** By the names of the placeholders. */
  readonly values: Readonly<Record<string, string>>;
  readonly callers: Readonly<Record<Who, Owner | Record<never, never>>>;
}

const PICTURE = 'fuzz.jpg';
/** A scene wears out: carts become orders, sessions end. What takes things away wears it out as soon as it does so. */
const REQUESTS_A_SCENE = 6;
const FIRST_REFUSAL = 400;
const WEARING = /^DELETE |checkout$|erasure$|password$/;

const ENDPOINTS = '/api/v1/webhook-endpoints';
const FEW_ENDPOINTS = 24;

const must = ({ status, body }: Answer) => {
  if (status >= 300) throw new Error(`setting a scene answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

const IMPOSTOR: Owner = { token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' };

/** As the true ones to whoever calls them, and not as slow: the fuzzer has no time for argon2. */
export const QUICK_PASSWORDS: Deps['passwords'] = {
  requireRoom: () => {},
  hash: async (password) => `quick:${Bun.hash(password)}`,
  verify: async (password, hash) => hash === `quick:${Bun.hash(password)}`,
};

export interface Scenes {
  /** For the next request at an operation. */
  at(operation: FuzzedOperation): Promise<Scene>;
  /** Hears how that request was answered. */
  answered(operation: FuzzedOperation, status: number): void;
}

/** What the fuzzer has made of prices, taxes and shipping would refuse the checkout of a scene. */
async function forgetPriceRules({ db }: Pick<Deps, 'db'>): Promise<void> {
  await db.delete(shippingAreas);
  await db.delete(taxRates);
  await db.delete(prices);
  await db.update(discounts).set({ validUntil: sql`${discounts.validFrom}` });
}

interface Person {
  readonly userId: string;
  readonly email: string;
  readonly owner: { readonly token: string };
  readonly refreshToken: string;
}

/** @param opened for the stage itself; `shop` is what the fuzzer calls */
export async function openScenes(opened: OriginUnderTest, shop: Reachable): Promise<Scenes> {
  const { variantId, productId, sellerToken } = await createProduct(opened, { stock: 100_000 });
  const enrol = (role: Role) => enrolled(shop, role);
  const [admin, another] = [await enrol('admin'), await enrol('shopper')];
  await publish(opened.deps, PICTURE, 'image/jpeg', await photograph({ width: 400, height: 300 }));
  const seller = { token: sellerToken };
  const cartWith = (owner: { readonly token: string }) =>
    cartOf(shop, [{ variantId, quantity: 1 }], owner.token);
  const saved = async (owner: Owner, path: string, body: object) =>
    String(must(await shop.call(path, { method: 'POST', ...owner, body })).id);
  const counter = { name: 'Counter', kind: 'pickup', currency: 'USD', steps: [{ from: 0, rate: 0 }] };
  const shippingMethodId = await saved(admin.owner, '/api/v1/shipping-methods', counter);
  /** Once there is a zone nothing else goes without one. */
  const pickUpCart = async (owner: { readonly token: string }) => {
    const cart = await cartWith(owner);
    const path = `/api/v1/carts/${cart.cartId}`;
    must(await shop.call(path, { method: 'PATCH', ...owner, body: { shippingMethodId } }));
    return cart;
  };
  const orderOf = async (owner: { readonly token: string }) => {
    await forgetPriceRules(opened.deps);
    return String(must(await checkOut(shop, await pickUpCart(owner))).id);
  };

  const unused = () => `f-${crypto.randomUUID().slice(0, 8)}`;
  const madeOfTwo = async () => {
    const variants = ['Red', 'Cream'].map((colour) => ({ price: 1_450, optionValues: [colour] }));
    const body = { name: 'Test Mug', category: CATEGORY, optionNames: ['Colour'], variants };
    const made = must(await shop.call('/api/v1/products', { method: 'POST', ...seller, body }));
    return { id: made.id, variantId: made.variants[0].id };
  };

  /** What is named in paths, by how they begin. */
  const things: Readonly<Record<string, (person: Person) => Promise<Record<string, string>>>> = {
    ...tradeScenes({
      ...{ shop, variantId, productId, seller, admin: admin.owner, must, orderOf },
      enrol: () => enrol('shopper'),
      soldOut: async () => (await createProduct(opened, { stock: 0 })).variantId,
    }),
    '/api/v1/products/{id}/variants/{variantId}/prices': async () => {
      const made = await madeOfTwo();
      const path = `/api/v1/products/${made.id}/variants/${made.variantId}/prices`;
      // Of so many that it stands in the way of no other.
      const price = { currency: 'USD', kind: 'sale', price: 1_200, minQuantity: 999_999 };
      return { ...made, priceId: await saved(seller, path, price) };
    },
    '/api/v1/products/{id}/variants': madeOfTwo,
    '/api/v1/merchant/products/{id}': madeOfTwo,
    '/api/v1/categories/{id}/rule': async () => {
      const id = await saved(admin.owner, '/api/v1/categories', { name: unused(), slug: unused() });
      const body = { match: 'any', conditions: [{ field: 'title', value: 'Test' }] };
      must(await shop.call(`/api/v1/categories/${id}/rule`, { method: 'POST', ...admin.owner, body }));
      return { id };
    },
    '/api/v1/categories/{id}': async () => ({
      id: await saved(admin.owner, '/api/v1/categories', { name: unused(), slug: unused() }),
    }),
    '/api/v1/attributes/{key}': async () => {
      const body = { key: unused(), name: 'Fuzz', kind: 'choice', choices: ['all'] };
      const { key } = must(await shop.call('/api/v1/attributes', { method: 'POST', ...admin.owner, body }));
      return { key };
    },
    '/api/v1/products/{id}': async () => {
      const variants = [{ price: 1_999, stock: 10 }];
      const body = { name: 'Test Product', category: CATEGORY, variants };
      const made = must(await shop.call('/api/v1/products', { method: 'POST', ...seller, body }));
      return { id: made.id, variantId: made.variants[0].id };
    },
    '/api/v1/carts/{id}': async ({ owner }) => {
      const { cartId } = await cartWith(owner);
      const { items } = must(await shop.call(`/api/v1/carts/${cartId}`, owner));
      return { id: cartId, itemId: items[0].id };
    },
    '/api/v1/checkout': async ({ owner }) => ({ cartId: (await pickUpCart(owner)).cartId }),
    '/api/v1/orders/{id}': async ({ owner }) => ({ id: await orderOf(owner) }),
    '/api/v1/sales/{orderId}': async ({ owner }) => ({ orderId: await orderOf(owner) }),
    '/api/v1/payment-methods/{id}': async ({ owner }) => ({
      id: await saved(owner, '/api/v1/payment-methods', { paymentMethodId: 'pm_card_visa' }),
    }),
    '/api/v1/api-keys/{id}': async ({ owner }) => ({
      id: await saved(owner, '/api/v1/api-keys', {
        ...{ password: TEST_PASSWORD, name: 'Fuzz', scopes: ['orders:read'], expiresInDays: 1 },
      }),
    }),
    '/api/v1/me/sessions/{id}': async ({ owner }) => {
      const { items } = must(await shop.call('/api/v1/me/sessions', owner));
      return { id: items[0].id };
    },
    '/api/v1/users/{id}': async () => ({ id: (await enrol('shopper')).userId }),
    '/api/v1/webhook-endpoints/{id}': async () => {
      const { items } = must(await shop.call(ENDPOINTS, admin.owner));
      // There is an end to them, and those of scenes before are worn out.
      if (items.length > FEW_ENDPOINTS)
        await shop.call(`${ENDPOINTS}/${items[0].id}`, { method: 'DELETE', ...admin.owner });
      const url = `https://hooks.merchant.dev/${crypto.randomUUID()}`;
      const id = await saved(admin.owner, ENDPOINTS, { url, eventTypes: ['order.paid'] });
      const trial = must(await shop.call(`${ENDPOINTS}/${id}/test`, { method: 'POST', ...admin.owner }));
      return { id, deliveryId: trial.id };
    },
    '/media/{name}': async () => ({ name: PICTURE }),
  };

  /** Whoever ends their own sessions there must not be asked of again. */
  const strangersAt = async (path: string) => {
    if (!path.startsWith('/api/v1/me')) return { shopper: another.owner, seller, admin: admin.owner };
    const { owner } = await enrol('seller');
    return { shopper: owner, seller: owner, admin: owner };
  };

  const set = async ({ path, role }: FuzzedOperation): Promise<Scene> => {
    const person = await enrol('shopper');
    const prefix = Object.keys(things).find((each) => path.startsWith(each)) ?? '';
    const made = (await things[prefix]?.(person)) ?? {};
    const owners: Readonly<Record<Role, Owner>> = { shopper: person.owner, seller, admin: admin.owner };
    return {
      values: {
        ...{ variantId, productId, cartId: productId, cardId: productId, itemId: variantId },
        ...{ locationId: DEFAULT_LOCATION, mainId: DEFAULT_LOCATION },
        ...{ email: person.email, password: TEST_PASSWORD, refreshToken: person.refreshToken },
        ...made,
      },
      callers: {
        ...{ owner: role === null ? {} : owners[role], guest: {}, impostor: IMPOSTOR },
        ...(await strangersAt(path)),
      },
    };
  };

  const kept = new Map<string, { readonly scene: Scene; left: number }>();
  return {
    at: async (operation) => {
      const found = kept.get(operation.name);
      const current =
        found !== undefined && found.left > 0
          ? found
          : { scene: await set(operation), left: REQUESTS_A_SCENE };
      current.left -= 1;
      kept.set(operation.name, current);
      return withEtag(shop, seller, { operation, scene: current.scene });
    },
    answered: ({ name }, status) => {
      if (status < FIRST_REFUSAL && WEARING.test(name)) kept.delete(name);
    },
  };
}

/** What a product's version is at this very moment: each change makes a new one. */
async function withEtag(
  shop: Reachable,
  seller: Owner,
  { operation: { parameters }, scene }: { readonly operation: FuzzedOperation; readonly scene: Scene },
): Promise<Scene> {
  if (!parameters.some(({ name }) => name === 'if-match')) return scene;
  const { headers } = await shop.call(`/api/v1/merchant/products/${scene.values['id'] ?? ''}`, seller);
  return { ...scene, values: { ...scene.values, etag: headers.get('etag') ?? '"gone"' } };
}

async function enrolled(shop: Reachable, role: Role): Promise<Person> {
  const { deps } = shop;
  const email = `${role}-${crypto.randomUUID()}@test.example`;
  const userId = deps.ids.next<UserId>();
  const passwordHash = await QUICK_PASSWORDS.hash(TEST_PASSWORD);
  await deps.db.insert(users).values({ id: userId, email, name: 'Test', passwordHash, role });
  const body = { email, password: TEST_PASSWORD };
  const { accessToken, refreshToken } = must(await shop.call('/api/v1/auth/login', { method: 'POST', body }));
  return { userId, email, owner: { token: accessToken }, refreshToken };
}
