/** Pricing: what a basket costs, and why. */

export {
  type AppliedDiscount,
  type Basket,
  type BasketLine,
  type Benefit,
  type Breakdown,
  type Discount,
  type LinePrice,
  type Rules,
  SHIPPING_KINDS,
  type ShippingMethod,
  type Totals,
} from './basket.ts';
export { priceBasket } from './price-basket.ts';
