/** A second pricing, slow and plain, in exact rationals: what `priceBasket` is compared with. Shares no code with it. */

import type { Basket, BasketLine, Discount, Rules } from '#origin/pricing/service.ts';

/** In lowest terms it need not be; the denominator is positive. */
interface Rational {
  readonly top: bigint;
  readonly bottom: bigint;
}

const over = (top: number | bigint, bottom: number | bigint): Rational => ({
  top: BigInt(top),
  bottom: BigInt(bottom),
});
const times = (a: Rational, b: Rational) => over(a.top * b.top, a.bottom * b.bottom);
const compare = (a: Rational, b: Rational) => {
  const difference = a.top * b.bottom - b.top * a.bottom;
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
};
const floor = ({ top, bottom }: Rational) => top / bottom;
const fraction = (value: Rational): Rational => ({ top: value.top % value.bottom, bottom: value.bottom });

function halfEven(value: Rational): bigint {
  const whole = floor(value);
  const side = compare(fraction(value), over(1, 2));
  if (side === 0) return whole % 2n === 0n ? whole : whole + 1n;
  return side > 0 ? whole + 1n : whole;
}

type Amounts = Map<string, bigint>;

export interface OraclePrice {
  readonly lines: Readonly<Record<string, { discount: bigint; tax: bigint; included: bigint }>>;
  readonly totals: Readonly<
    Record<'subtotal' | 'discount' | 'shipping' | 'tax' | 'included' | 'total', bigint>
  >;
}

export function slowPrice(basket: Basket, rules: Rules): OraclePrice {
  const best = bestOf(basket, rules);
  const isExempt = basket.customer.isTaxExempt;
  const lines: Record<string, { discount: bigint; tax: bigint; included: bigint }> = {};
  for (const line of basket.lines) {
    const left = best.left.get(line.variantId) ?? 0n;
    const category = isExempt ? null : line.taxCategory;
    lines[line.variantId] = { discount: fullPrice(line) - left, ...taxOf(left, category, rules) };
  }
  const onShipping = taxOf(best.shipping, isExempt ? null : 'shipping', rules);
  const all = Object.values(lines);
  const add = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n);
  const subtotal = add(basket.lines.map(fullPrice));
  const discount = add(all.map((line) => line.discount));
  const tax = add(all.map((line) => line.tax)) + onShipping.tax;
  const included = add(all.map((line) => line.included)) + onShipping.included;
  const { shipping } = best;
  const total = subtotal - discount + shipping + tax;
  return { lines, totals: { subtotal, discount, shipping, tax, included, total } };
}

const fullPrice = (line: BasketLine) => BigInt(line.unitPriceMinor) * BigInt(line.quantity);

function taxOf(amount: bigint, category: string | null, { taxRates, pricesIncludeTax }: Rules) {
  const ppm = BigInt((category === null ? undefined : taxRates[category]?.ppm) ?? 0);
  if (pricesIncludeTax) {
    return { tax: 0n, included: halfEven(over(amount * ppm, 1_000_000n + ppm)) };
  }
  return { tax: halfEven(over(amount * ppm, 1_000_000n)), included: 0n };
}

interface Outcome {
  readonly left: Amounts;
  readonly shipping: bigint;
}

function bestOf(basket: Basket, rules: Rules): Outcome {
  const due = rules.discounts
    .filter((discount) => applies(discount, basket))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const choices = [
    due.filter((discount) => !discount.isExclusive),
    ...due.filter((discount) => discount.isExclusive).map((discount) => [discount]),
  ];
  const outcomes = choices.map((choice) => outcomeOf(basket, choice, rules));
  const cost = ({ left, shipping }: Outcome) =>
    [...left.values()].reduce((sum, each) => sum + each, shipping);
  let best = outcomes[0] as Outcome;
  for (const outcome of outcomes) if (cost(outcome) < cost(best)) best = outcome;
  return best;
}

function applies(discount: Discount, { lines, customer }: Basket): boolean {
  if (discount.groupId !== null && !customer.groupIds.some((id) => id === discount.groupId)) return false;
  if (discount.isFirstOrderOnly && !customer.isFirstOrder) return false;
  const targets = lines.filter((line) => isTarget(discount, line));
  const worth = targets.reduce((sum, line) => sum + fullPrice(line), 0n);
  return targets.length > 0 && worth >= BigInt(discount.minimumMinor);
}

function isTarget({ productIds, categoryIds }: Discount, line: BasketLine): boolean {
  const named: readonly string[] = [...productIds, ...categoryIds];
  return named.length === 0 || [line.productId, ...line.categoryIds].some((id) => named.includes(id));
}

function outcomeOf(basket: Basket, choice: readonly Discount[], rules: Rules): Outcome {
  const left: Amounts = new Map(basket.lines.map((line) => [line.variantId, fullPrice(line)]));
  const isOfLines = ({ benefit, productIds, categoryIds }: Discount) =>
    benefit.kind === 'buy_get' || productIds.length + categoryIds.length > 0;
  const goods = choice.filter(({ benefit }) => benefit.kind !== 'free_shipping');
  for (const discount of goods.filter(isOfLines)) takeOff(discount, basket.lines, left);
  for (const discount of goods.filter((each) => !isOfLines(each))) takeOff(discount, basket.lines, left);
  const isFree = choice.some(({ benefit }) => benefit.kind === 'free_shipping');
  return { left, shipping: isFree ? 0n : shippingCost(basket.lines, left, rules) };
}

function shippingCost(lines: readonly BasketLine[], left: Amounts, { shipping }: Rules): bigint {
  const shipped = lines.filter(({ requiresShipping }) => requiresShipping);
  if (shipping === null || shipped.length === 0) return 0n;
  const goods = [...left.values()].reduce((sum, amount) => sum + amount, 0n);
  if (shipping.freeFromMinor !== null && goods >= BigInt(shipping.freeFromMinor)) return 0n;
  const measures = {
    flat: 0n,
    pickup: 0n,
    by_price: goods,
    by_weight: shipped.reduce((sum, line) => sum + BigInt((line.grams ?? 0) * line.quantity), 0n),
    by_quantity: shipped.reduce((sum, line) => sum + BigInt(line.quantity), 0n),
  };
  const reached = shipping.steps.filter(({ from }) => BigInt(from) <= measures[shipping.kind]);
  return BigInt(reached[reached.length - 1]?.rateMinor ?? -1);
}

function takeOff(discount: Discount, lines: readonly BasketLine[], left: Amounts): void {
  const { benefit } = discount;
  const targets = lines
    .filter((line) => isTarget(discount, line))
    .sort((a, b) => (a.variantId < b.variantId ? -1 : 1));
  const of = (line: BasketLine) => left.get(line.variantId) ?? 0n;
  if (benefit.kind === 'percent') {
    for (const line of targets) {
      left.set(line.variantId, of(line) - halfEven(times(over(of(line), 1), over(benefit.ppm, 1_000_000))));
    }
  } else if (benefit.kind === 'amount') {
    spread(BigInt(benefit.amountMinor), targets, left);
  } else if (benefit.kind === 'buy_get') {
    const units = targets.flatMap((line) => Array.from({ length: line.quantity }, () => line));
    units.sort((a, b) => a.unitPriceMinor - b.unitPriceMinor);
    const given = units.slice(0, Math.floor(units.length / (benefit.buy + benefit.get)) * benefit.get);
    for (const line of targets) {
      const count = given.filter((unit) => unit === line).length;
      const off = times(over(of(line) * BigInt(count), line.quantity), over(benefit.ppm, 1_000_000));
      left.set(line.variantId, of(line) - halfEven(off));
    }
  }
}

function spread(wanted: bigint, targets: readonly BasketLine[], left: Amounts): void {
  const weights = targets.map((line) => left.get(line.variantId) ?? 0n);
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n) return;
  const amount = wanted < whole ? wanted : whole;
  const exact = weights.map((weight) => over(amount * weight, whole));
  const parts = exact.map(floor);
  const order = [...exact.keys()].sort(
    (a, b) => compare(fraction(exact[b] as Rational), fraction(exact[a] as Rational)) || a - b,
  );
  for (const index of order) {
    if (parts.reduce((sum, part) => sum + part, 0n) === amount) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
  }
  for (const [index, line] of targets.entries()) {
    left.set(line.variantId, (weights[index] ?? 0n) - (parts[index] ?? 0n));
  }
}
