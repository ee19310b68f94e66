/** The catalogue of a run, made over the API: plenty of some things, few of others. */

import { Type } from '@sinclair/typebox';
import { withConnection } from '#bench/data/catalogue.ts';
import { hashPassword } from '#db/password-hash.ts';
import { type Client, isWorthRepeating, type Request, read } from './client.ts';
import type { ChaosStack } from './stack.ts';
import type { Shelves } from './visit.ts';

export interface Shelf {
  /** Variants, by their numbers on the shelf. */
  readonly plenty: readonly string[];
  readonly scarce: readonly string[];
}

const SHELVES: Omit<Shelves, 'codes'> = { plenty: 24, scarce: 4 };
const PLENTY_STOCK = 100_000;
const MIN_PRICE_MINOR = 500;
const PRICE_STEP_MINOR = 37;
const CATEGORY = { id: '01941f29-7c00-7000-8000-0000000c4a05', slug: 'chaos', name: 'Chaos' };
const MERCHANT = { id: '01941f29-7c00-7000-8000-00000000c4a0', email: 'chaos@hotshelf.example' };
const Created = Type.Object({ variants: Type.Array(Type.Object({ id: Type.String() })) });
const Session = Type.Object({ accessToken: Type.String() });

/** @param scarceStock units of each variant of which there are few. */
export async function fillShelves(
  stack: Pick<ChaosStack, 'servers'>,
  client: Client,
  scarceStock: number,
): Promise<Shelf> {
  const password = crypto.randomUUID();
  const hash = await hashPassword(password);
  await withConnection(stack.servers.databaseUrl, async (sql) => {
    await sql`insert into categories ${sql(CATEGORY)}`;
    await sql`
      insert into users (id, email, name, password_hash, role)
      values (${MERCHANT.id}, ${MERCHANT.email}, 'Chaos', ${hash}, 'admin')`;
  });
  const { accessToken } = read(
    Session,
    await client.ask({ method: 'POST', path: '/auth/login', body: { email: MERCHANT.email, password } }),
  );
  const create = async (name: string, stock: number, number: number): Promise<string> => {
    const price = MIN_PRICE_MINOR + number * PRICE_STEP_MINOR;
    const body = { name, category: CATEGORY.slug, variants: [{ price, stock }] };
    const made = await askUntilDone(client, {
      method: 'POST',
      path: '/products',
      body,
      owner: { accessToken },
    });
    return read(Created, made).variants.map(({ id }) => id)[0] ?? '';
  };
  const plenty: string[] = [];
  const scarce: string[] = [];
  for (let number = 0; number < SHELVES.plenty; number += 1) {
    plenty.push(await create(`Plenty ${number}`, PLENTY_STOCK, number));
  }
  for (let number = 0; number < SHELVES.scarce; number += 1) {
    scarce.push(await create(`Scarce ${number}`, scarceStock, number));
  }
  return { plenty, scarce };
}

const MAX_TRIES = 5;

async function askUntilDone(client: Client, request: Request) {
  for (let tries = 1; ; tries += 1) {
    const answer = await client.ask(request);
    if (!isWorthRepeating(answer) || tries === MAX_TRIES) return answer;
  }
}
