/** Where tax rates come from. The shop's own table is one such place; a provider of them would be another. */

import type { Queryable } from '#db/client.ts';
import type { TaxRates } from './basket.ts';
import { findTaxRates, type Place } from './store.ts';

export interface TaxProvider {
  /**
   * The rates of a place at a time, by tax category: one look-up. Within a transaction it is asked with that, and must
   * not wait for anybody outside; who has to, keeps what it was told before.
   */
  ratesFor(db: Queryable, place: Place, at: Date): Promise<TaxRates>;
}

const NO_TAX: TaxRates = {};

export const OWN_TAX_RATES: TaxProvider = {
  ratesFor: async (db, { country, region }, at) =>
    country === null ? NO_TAX : findTaxRates(db, { country, region, at }),
};
