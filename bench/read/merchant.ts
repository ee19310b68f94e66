/** Somebody who changes prices over the API, and reads them back at the edge. */

import { type Static, type TObject, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { withConnection } from '#bench/data/catalogue.ts';
import { headersOfCall } from '#bench/stack/shop.ts';
import type { Stack } from '#bench/stack/stack.ts';
import { present } from '#lib/assert.ts';
import { productPath } from './addresses.ts';

const Product = Type.Object({
  id: Type.String(),
  version: Type.Integer(),
  variants: Type.Array(Type.Object({ id: Type.String(), price: Type.Object({ amount: Type.Integer() }) })),
});

/** A product as a read brought it. */
export type Seen = Static<typeof Product>;

export interface Merchant {
  readAtEdge(path: string): Promise<Seen>;
  /** By a cent, on the first variant. @returns the version that has the new price. */
  raisePrice(product: Seen): Promise<number>;
}

const EMAIL = 'bench@hotshelf.example';
const USER_ID = '01941f29-7c00-7000-8000-00000000bec4';
const PASSWORD_COST = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const;
const TIMEOUT_MS = 10_000;

interface Place {
  readonly databaseUrl: string;
  readonly originUrl: string;
  readonly edgeUrl: string;
}

export async function openMerchant(stack: Stack, place: Place): Promise<Merchant> {
  const password = crypto.randomUUID();
  await writeAccount(place.databaseUrl, password);
  const asEdge = (asked: Call): Call => {
    const body = JSON.stringify(asked.body);
    return { ...asked, headers: headersOfCall(stack, { ...asked, body }) };
  };
  const json = { 'content-type': 'application/json' };
  const { accessToken } = await call(
    Type.Object({ accessToken: Type.String() }),
    asEdge({
      url: `${place.originUrl}/api/v1/auth/login`,
      method: 'POST',
      headers: json,
      body: { email: EMAIL, password },
    }),
  );
  return {
    readAtEdge: (path) => call(Product, { url: place.edgeUrl + path, method: 'GET', headers: {} }),
    raisePrice: async (product) => {
      const variant = present(product.variants[0], 'a variant');
      const change = asEdge({
        url: place.originUrl + productPath(product.id),
        method: 'PATCH',
        headers: { ...json, authorization: `Bearer ${accessToken}`, 'if-match': `"${product.version}"` },
        body: { variants: [{ id: variant.id, price: variant.price.amount + 1 }] },
      });
      const changed = await call(Product, change);
      return changed.version;
    },
  };
}

async function writeAccount(databaseUrl: string, password: string): Promise<void> {
  const hash = await Bun.password.hash(password, PASSWORD_COST);
  await withConnection(databaseUrl, async (sql) => {
    await sql`
      insert into users (id, email, name, password_hash, role)
      values (${USER_ID}, ${EMAIL}, 'Bench', ${hash}, 'admin')
      on conflict (email) do update set password_hash = excluded.password_hash`;
  });
}

interface Call {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function call<Schema extends TObject>(
  schema: Schema,
  { url, method, headers, body }: Call,
): Promise<Static<Schema>> {
  const answer = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text.slice(0, 300)}`);
  return Value.Decode(schema, JSON.parse(text));
}
