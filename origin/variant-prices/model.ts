/** What the prices of a variant take and answer; a price itself is as the price lists have it. */

import { closedObject, page, Uuid } from '#origin/http/schemas.ts';
import { PriceRule } from '#origin/price-rules/service.ts';

export const VariantPricesParams = closedObject({ id: Uuid, variantId: Uuid });
export const VariantPriceParams = closedObject({ id: Uuid, variantId: Uuid, priceId: Uuid });

export const VariantPricePage = page(PriceRule);
