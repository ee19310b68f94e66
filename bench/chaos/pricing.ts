/** What carts of a run are priced by, and a merchant who changes it all the time while people buy. */

import { createRandom, type Random } from '#db/seed/random.ts';
import type { Sql } from './books.ts';

const METHOD_ID = '01941f29-7c00-7000-8000-0000000c4a10';
const ZONE_ID = '01941f29-7c00-7000-8000-0000000c4a11';
const LONG_AGO = '2020-01-01T00:00:00Z';
const RATES_PPM = [60_000, 88_750, 90_000] as const;
const SHIPPING_MINOR = [390, 490, 590] as const;
const PRICE_STEPS_MINOR = [-37, 37] as const;
const LEAST_PRICE_MINOR = 300;
const CHANGE_EVERY_MS = 400;
/** Half the shop may have it, and it runs out in every run. */
const FEW_USES = 40;

/** What shoppers enter: one that never runs out, one that does, and one of which everybody has one. */
export const CODES = ['CHAOS10', 'CHAOSFEW', 'CHAOSONCE'] as const;

/** Said of a cart, it can be priced whole. */
export const WISHES = {
  destination: { country: 'US', postalCode: '12345' },
  shippingMethodId: METHOD_ID,
} as const;

export async function openPricing(sql: Sql): Promise<void> {
  await sql`insert into shipping_zones (id, name) values (${ZONE_ID}, 'US')`;
  await sql`insert into shipping_areas (zone_id, country) values (${ZONE_ID}, 'US')`;
  await sql`
    insert into shipping_methods (id, zone_id, name, kind, currency, steps)
    values (${METHOD_ID}, ${ZONE_ID}, 'Parcel', 'flat', 'USD', ${sql.json([{ from: 0, rateMinor: 490 }])})`;
  await sql`
    insert into tax_rates (id, name, country, category, rate_ppm, valid_from)
    select gen_random_uuid(), 'Tax', 'US', category, ${RATES_PPM[0]}, ${LONG_AGO}
      from unnest(array['standard', 'shipping']) category`;
  const limits = [null, FEW_USES, null];
  for (const [index, code] of CODES.entries()) {
    await sql`
      insert into discounts (id, name, code, kind, ppm, max_uses, max_uses_per_customer, valid_from)
      values (gen_random_uuid(), ${code}, ${code}, 'percent', 100000, ${limits[index] ?? null},
              ${code === 'CHAOSONCE' ? 1 : null}, ${LONG_AGO})`;
  }
}

/** Until the signal, past whatever is broken: a change that fails is one that was not made. */
export async function changePrices(sql: Sql, seed: number, until: AbortSignal): Promise<void> {
  const random = createRandom(seed);
  while (!until.aborted) {
    await changeOne(sql, random).catch(() => undefined);
    await Bun.sleep(CHANGE_EVERY_MS);
  }
}

async function changeOne(sql: Sql, random: Random): Promise<unknown> {
  switch (random.pick(['tax', 'shipping', 'discount', 'price'] as const)) {
    case 'tax':
      return sql`update tax_rates set rate_ppm = ${random.pick(RATES_PPM)}, version = version + 1`;
    case 'shipping': {
      const steps = sql.json([{ from: 0, rateMinor: random.pick(SHIPPING_MINOR) }]);
      return sql`update shipping_methods set steps = ${steps}, version = version + 1`;
    }
    case 'discount':
      return sql`
        update discounts set ppm = ${random.integer(1, 4) * 50_000}, version = version + 1
         where code = ${random.pick(CODES)}`;
    case 'price':
      // Past the verbs, as an import does: what lists say of the product is renewed by the workers.
      return sql`
        with changed as (
          update variants
             set price_minor = greatest(price_minor + ${random.pick(PRICE_STEPS_MINOR)}, ${LEAST_PRICE_MINOR})
           where id = (select id from variants order by random() limit 1)
          returning product_id)
        update products set price_changes_at = now() from changed where products.id = changed.product_id`;
  }
}
