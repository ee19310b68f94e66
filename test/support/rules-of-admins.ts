/** The rules of pricing as things that belong to somebody. */

import type { OriginUnderTest } from './origin.ts';
import type { Thing } from './strangers.ts';

/** One rule of each kind that carts are priced by: the admins'. The zone is nowhere: nothing is shipped any more. */
export async function rulesOf(
  shop: OriginUnderTest,
  { admin: token, variantId, userId }: Readonly<Record<'admin' | 'variantId' | 'userId', string>>,
): Promise<Readonly<Record<string, readonly Thing[]>>> {
  const bodies: Readonly<Record<string, object>> = {
    currencies: { code: 'XTS', taxInclusive: true },
    'customer-groups': { name: 'Somebody’s group', taxExempt: false },
    prices: { variantId, currency: 'GBP', kind: 'regular', price: 1 },
    'tax-rates': { name: 'VAT', country: 'AQ', category: 'standard', ratePpm: 1 },
    'shipping-zones': { name: 'Nowhere', areas: [] },
    'shipping-methods': { name: 'Here', kind: 'pickup', currency: 'USD', steps: [{ from: 0, rate: 0 }] },
    discounts: { name: 'Less', code: 'WELCOME10', kind: 'percent', ppm: 100_000 },
  };
  const made = Object.entries(bodies).map(async ([path, body]) => {
    const { id, code } = (await shop.call(`/api/v1/${path}`, { method: 'POST', token, body })).body;
    const ids = { id: id ?? code, userId };
    return [`/api/v1/${path}/{id}`, [{ what: `one of ${path}`, ids, owner: { token } }]] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}
