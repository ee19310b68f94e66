/** The demo catalogue: plausible, the same everywhere, and written once. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Connection, connect } from '#db/client.ts';
import { DEMO_ACCOUNTS, DEMO_SELLER } from '#db/seed/accounts.ts';
import { generateCatalogue } from '#db/seed/catalogue.ts';
import { type SeedOutcome, seedShop } from '#db/seed/seed.ts';
import { ZONES } from '#db/seed/shipping.ts';
import { isUuid } from '#lib/ids.ts';
import { openShop, type Shop } from '#test/support/fixtures/product-files.ts';
import { createTestDatabase, type TestDatabase } from '#test/support/stack.ts';

const STATEMENT_TIMEOUT_MS = 30_000;
/** Of ISO 3166-1. */
const COUNTRIES = 249;
const catalogue = generateCatalogue();

let database: TestDatabase;
let connection: Connection;
let shop: Shop;
let outcomes: SeedOutcome[];
beforeAll(async () => {
  database = await createTestDatabase();
  shop = openShop(database.url);
  connection = connect(database.url, {
    applicationName: 'seed-test',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const seed = (): Promise<SeedOutcome> => seedShop(connection.db, { accounts: true });
  outcomes = await Promise.all([seed(), seed()]);
}, 60_000);
afterAll(async () => {
  await shop.close();
  await connection.close();
  await database.drop();
});

test('the same seed draws the same catalogue, identifiers included', () => {
  expect(JSON.stringify(generateCatalogue())).toBe(JSON.stringify(catalogue));
});

test('there are about a thousand products in some forty categories, each with 1 to 12 variants', () => {
  expect(catalogue.products.length).toBeWithin(950, 1_100);
  const leaves = catalogue.categories.filter(({ parentId }) => parentId !== null);
  expect(leaves.length).toBeWithin(35, 50);
  for (const { variants } of catalogue.products) expect(variants.length).toBeWithin(1, 13);
});

test('no two products share a name in the address bar, and no two things an identifier', () => {
  const ids = catalogue.products.flatMap(({ id, variants }) => [
    id,
    ...variants.map((variant) => variant.id),
  ]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !isUuid(id) || id[14] !== '7')).toEqual([]);
  expect(new Set(catalogue.products.map(({ slug }) => slug)).size).toBe(catalogue.products.length);
});

test('prices look like those of a shop', () => {
  const prices = catalogue.products.flatMap(({ variants }) => variants.map(({ priceMinor }) => priceMinor));
  expect(prices.filter((price) => price <= 0 || ![0, 50, 99].includes(price % 100))).toEqual([]);
  const reduced = catalogue.products
    .flatMap(({ variants }) => variants)
    .filter((one) => one.compareAtMinor !== null);
  expect(reduced.length).toBeGreaterThan(100);
  expect(reduced.filter((one) => (one.compareAtMinor ?? 0) <= one.priceMinor)).toEqual([]);
});

test('pictures are small drawings that run nothing and fetch nothing', () => {
  for (const { pictureSvg } of catalogue.products) {
    expect(pictureSvg.length).toBeWithin(600, 3_500);
    expect(pictureSvg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>$/s);
    expect(pictureSvg).not.toMatch(
      /<script|<image|<use|<foreignObject|href|url\((?!#)|\son\w+=|undefined|NaN/i,
    );
  }
});

test('of two programs that seed at the same time one does', () => {
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['already-stocked', 'seeded']);
});

test('what is drawn is in the shop, with its stock explained and an event each', async () => {
  const slugs = (await shop.products()).map(({ slug }) => slug);
  expect(slugs.toSorted()).toEqual(catalogue.products.map(({ slug }) => slug).toSorted());
  const drawn = catalogue.products.flatMap(({ variants }) =>
    variants.map(({ sku, onHand }) => [sku, onHand]),
  );
  const stocked = (await shop.variants()).map(({ sku, stock }) => [sku, stock]);
  expect(stocked.toSorted()).toEqual(drawn.toSorted());
  expect(await shop.unexplainedStock()).toEqual([]);
  const events = await shop.events();
  expect(events.map(({ slug }) => slug).toSorted()).toEqual(slugs.toSorted());
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['product.created']));
});

test('a product costs what its cheapest variant costs, and belongs to the demo seller', async () => {
  const wrong = await shop.sql`
    select slug from products p where seller_id is distinct from ${DEMO_SELLER.id}
      or price_minor <> (select min(price_minor) from variants v where v.product_id = p.id)`;
  expect([...wrong]).toEqual([]);
});

test('what is reduced is on sale by a rule, and nothing else', async () => {
  const [wrong] = await shop.sql`
    select count(*) filter (where m.product_id is not null)::int as taken,
           count(*) filter (where (m.product_id is not null) <> ('sale' = any (p.tags)))::int as misplaced
      from products p left join category_members m on m.product_id = p.id`;
  expect(wrong?.['taken']).toBeGreaterThan(100);
  expect(wrong?.['misplaced']).toBe(0);
});

test('each product has its picture among the media files', async () => {
  const missing = await shop.sql`
    select slug from products p where not exists (
      select from product_images i join media_files m on '/media/' || m.name = i.url
      where i.product_id = p.id and m.content_type = 'image/svg+xml' and m.name = p.slug || '.svg')`;
  expect([...missing]).toEqual([]);
});

test('the demo accounts can log in with their passwords', async () => {
  for (const { email, role, password } of DEMO_ACCOUNTS) {
    expect(password.length).toBeGreaterThanOrEqual(12);
    const [user] = await shop.sql<{ hash: string; role: string }[]>`
      select password_hash as hash, role from users where email = ${email}`;
    expect(user?.role).toBe(role);
    expect(await Bun.password.verify(password, user?.hash ?? '')).toBe(true);
  }
});

test('a parcel goes everywhere in two ways, or is fetched, whatever it is paid in', async () => {
  const places = await shop.sql<{ ways: string[] }[]>`
    select array_agg(m.name order by m.name) as ways
      from shipping_areas a cross join (values ('USD'), ('EUR')) c (currency)
      join shipping_methods m on (m.zone_id = a.zone_id or m.zone_id is null) and m.currency = c.currency
     group by a.country, c.currency`;
  expect(places).toHaveLength(2 * COUNTRIES);
  expect(new Set(places.map(({ ways }) => ways.join()))).toEqual(
    new Set(['Express,Pick up at the shop,Standard']),
  );
  // Nothing keeps a demo product from being priced by weight.
  expect([...(await shop.sql`select 1 from variants where requires_shipping and grams is null`)]).toEqual([]);
});

async function runSeed(environment: Record<string, string>, ...args: string[]) {
  const child = Bun.spawn([process.execPath, 'db/seed/main.ts', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, output, errors };
}

test('in production the demo accounts, whose passwords are public, are made only when asked for', async () => {
  const production = await createTestDatabase();
  const fresh = openShop(production.url);
  try {
    const environment = { DATABASE_URL: production.url, NODE_ENV: 'production' };
    expect(await runSeed(environment)).toMatchObject({
      code: 0,
      output: expect.stringContaining('0 accounts'),
    });
    expect([...(await fresh.sql`select email from users`)]).toEqual([]);
    await fresh.clear();
    await fresh.sql`truncate media_files cascade`;
    const asked = await runSeed(environment, '--demo-accounts');
    expect(asked).toMatchObject({ code: 0, output: expect.stringContaining('3 accounts') });
    // A shop that ships already goes on as it did.
    expect([...(await fresh.sql`select 1 from shipping_zones`)]).toHaveLength(ZONES.length);
  } finally {
    await fresh.close();
    await production.drop();
  }
}, 60_000);

test('a shop that has products is left as it is, and the program says so', async () => {
  const before = await shop.snapshot();
  const again = await runSeed({ DATABASE_URL: database.url });
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('nothing to do') });
  expect(await shop.snapshot()).toBe(before);
});
