/** What the demo shop sells in beside its own currency, what it owes in tax, how it ships, and a code to try. */

import { sql } from 'drizzle-orm';
import type { Transaction } from '#db/client.ts';
import { discounts } from '#db/schema/discounts.ts';
import { currencies, taxRates } from '#db/schema/pricing.ts';
import type { DiscountId, TaxRateId } from '#lib/ids.ts';
import { currency, SHOP_CURRENCY } from '#lib/money.ts';
import { DEMO_SEED } from './catalogue.ts';
import { createRandom } from './random.ts';
import { writeShipping } from './shipping.ts';

export const WELCOME_CODE = 'WELCOME10';
const TEN_PERCENT = 100_000;
const EURO = currency('EUR');
/** Of 100 cents; with the tax in it, and a round cent at the end. */
const EURO_PER_DOLLAR_PERCENT = 109;
const TAXES = [
  { country: 'DE', name: 'Mehrwertsteuer', ratePpm: 190_000 },
  { country: 'FR', name: 'TVA', ratePpm: 200_000 },
  { country: 'GB', name: 'VAT', ratePpm: 200_000 },
] as const;
const SINCE = new Date('2025-01-01T00:00:00Z');

/** The variants are there already; a shop that has rules of its own keeps them. */
export async function writePricing(tx: Transaction): Promise<void> {
  const random = createRandom(DEMO_SEED + 2);
  await tx.insert(currencies).values({ code: EURO, taxInclusive: true }).onConflictDoNothing();
  await tx.execute(sql`
    insert into prices (id, variant_id, currency, kind, price_minor, valid_from)
    select gen_random_uuid(), id, ${EURO}, 'regular', price_minor * ${EURO_PER_DOLLAR_PERCENT}::int / 100,
           ${SINCE.toISOString()}::timestamptz
      from variants where withdrawn_at is null
    on conflict do nothing`);
  await tx.execute(sql`
    insert into listed_prices (product_id, currency, price_minor)
    select v.product_id, ${EURO}, min(p.price_minor) from prices p join variants v on v.id = p.variant_id
     where p.currency = ${EURO} and p.group_id is null and p.min_quantity = 1 and v.withdrawn_at is null
     group by v.product_id
    on conflict do nothing`);
  for (const { country, name, ratePpm } of TAXES) {
    for (const category of ['standard', 'shipping']) {
      const id = random.id<TaxRateId>(SINCE);
      const rate = { id, name, country, category, ratePpm, validFrom: SINCE };
      await tx.insert(taxRates).values(rate).onConflictDoNothing();
    }
  }
  await tx
    .insert(discounts)
    .values({
      id: random.id<DiscountId>(SINCE),
      name: 'Ten per cent to begin with',
      code: WELCOME_CODE,
      kind: 'percent',
      ppm: TEN_PERCENT,
      validFrom: SINCE,
    })
    .onConflictDoNothing();
  await writeShipping(tx, [SHOP_CURRENCY, EURO]);
}
