/** What somebody who pays no tax pays where prices contain it: each price without, for a line is its price times its quantity. */

import { type Minor, minor } from '#lib/money.ts';
import { PPM, proportion } from './arithmetic.ts';
import { SHIPPING_TAX_CATEGORY, type ShippingMethod, type TaxRates } from './basket.ts';

/** Less what it contains, as that is told to everybody else. */
export function withoutTax(priceMinor: Minor, category: string | null, taxRates: TaxRates): Minor {
  const ppm = (category === null ? undefined : taxRates[category])?.ppm ?? 0;
  return minor(priceMinor - proportion(priceMinor, ppm, PPM + ppm));
}

/** From where on its rates apply stays as it is. */
export function shippingWithoutTax(method: ShippingMethod, taxRates: TaxRates): ShippingMethod {
  const steps = method.steps.map(({ from, rateMinor }) => ({
    from,
    rateMinor: withoutTax(rateMinor, SHIPPING_TAX_CATEGORY, taxRates),
  }));
  return { ...method, steps };
}
