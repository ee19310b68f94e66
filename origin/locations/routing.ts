/**
 * Which locations send the units of an order, decided in one place and by nothing but what it is given:
 *
 * 1. From as few locations as can be, for each sends a parcel.
 * 2. Of those with as few, the ones whose nearest is nearest, then whose next is. How near a location is goes by the
 *    distance, where the coordinates of the destination and of every location that could send are known. Else the
 *    destination's own region comes before the rest of its country, and that before the rest of the world; of
 *    those that are as near, the lower priority number comes first. What is picked up is on its way to the place of
 *    pick-up, which is itself the nearest.
 * 3. A line goes from one of them where one has all of it: from the nearest such. Else the nearest give what they have.
 *
 * Units that are nowhere stay unplaced; all others are placed, and none is taken that is not there.
 */

import type { OrderLineId, StockLocationId, VariantId } from '#lib/ids.ts';

/** In degrees. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** As far as it is known. */
export interface Place {
  readonly country: string | null;
  readonly region: string;
  readonly coordinates: Coordinates | null;
}

export interface Destination extends Place {
  /** Where it is picked up, if it is. */
  readonly pickUpAt: StockLocationId | null;
}

export interface SendingLocation extends Place {
  readonly id: StockLocationId;
  readonly priority: number;
}

export interface RoutedLine {
  readonly id: OrderLineId;
  readonly variantId: VariantId;
  readonly quantity: number;
}

/** Units of a variant at a location. */
export interface Shelf {
  readonly variantId: VariantId;
  readonly locationId: StockLocationId;
  readonly onHand: number;
}

export interface Allocation {
  readonly lineId: OrderLineId;
  readonly variantId: VariantId;
  readonly locationId: StockLocationId;
  readonly quantity: number;
}

/** Sets of locations that are looked at before what is good enough is taken instead of what is best. */
const MAX_SETS = 5_000;

/** @param locations those that may send; stock of others is not looked at */
export function route(
  lines: readonly RoutedLine[],
  stock: readonly Shelf[],
  destination: Destination,
  locations: readonly SendingLocation[],
): Allocation[] {
  const left = onShelves(stock, locations);
  const wanted = wantedOf(lines, left);
  const useful = locations.filter(({ id }) =>
    [...wanted.keys()].some((variant) => held(left, id, variant) > 0),
  );
  const pickUp = locations.find(({ id }) => id === destination.pickUpAt);
  const near = byNearness({ ...destination, ...placeOf(pickUp ?? destination) }, useful).map(({ id }) => id);
  return place(lines, fewest(near, wanted, left) ?? enough(near, wanted, left), left);
}

const placeOf = ({ country, region, coordinates }: Place): Place => ({ country, region, coordinates });

/** Of a location, by variant. */
type Left = Map<StockLocationId, Map<VariantId, number>>;
type Wanted = ReadonlyMap<VariantId, number>;

const held = (left: Left, location: StockLocationId, variant: VariantId) =>
  left.get(location)?.get(variant) ?? 0;

function onShelves(stock: readonly Shelf[], locations: readonly SendingLocation[]): Left {
  const left: Left = new Map(locations.map(({ id }) => [id, new Map()]));
  for (const { variantId, locationId, onHand } of stock) {
    left.get(locationId)?.set(variantId, held(left, locationId, variantId) + onHand);
  }
  return left;
}

const together = (locations: Iterable<StockLocationId>, variant: VariantId, left: Left) => {
  let units = 0;
  for (const location of locations) units += held(left, location, variant);
  return units;
};

/** By variant, and no more than there is. */
function wantedOf(lines: readonly RoutedLine[], left: Left): Wanted {
  const asked = new Map<VariantId, number>();
  for (const { variantId, quantity } of lines) asked.set(variantId, (asked.get(variantId) ?? 0) + quantity);
  const there = [...asked].map(
    ([variant, quantity]) => [variant, Math.min(quantity, together(left.keys(), variant, left))] as const,
  );
  return new Map(there.filter(([, quantity]) => quantity > 0));
}

const suffices = (chosen: readonly StockLocationId[], wanted: Wanted, left: Left) =>
  [...wanted].every(([variant, quantity]) => together(chosen, variant, left) >= quantity);

/** The smallest set that has everything, the nearest first among equals; null where too many sets would be looked at. */
function fewest(near: readonly StockLocationId[], wanted: Wanted, left: Left): StockLocationId[] | null {
  let looks = 0;
  for (let size = 0; size <= near.length; size += 1) {
    for (const chosen of setsOf(near, size)) {
      if (suffices(chosen, wanted, left)) return chosen;
      looks += 1;
      if (looks > MAX_SETS) return null;
    }
  }
  return null;
}

/** All sets of that size, in the order of the items: those with the earliest of them come first. */
function* setsOf<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [index, item] of items.entries()) {
    if (items.length - index < size) return;
    for (const rest of setsOf(items.slice(index + 1), size - 1)) yield [item, ...rest];
  }
}

/** One after the other that has most of what is missing, the nearest among equals; then none that is not needed. */
function enough(near: readonly StockLocationId[], wanted: Wanted, left: Left): StockLocationId[] {
  let chosen: readonly StockLocationId[] = [];
  const gain = (location: StockLocationId) =>
    [...wanted].reduce((sum, [variant, quantity]) => {
      const missing = Math.max(0, quantity - together(chosen, variant, left));
      return sum + Math.min(missing, held(left, location, variant));
    }, 0);
  while (!suffices(chosen, wanted, left)) {
    const others = near.filter((location) => !chosen.includes(location));
    chosen = [...chosen, ...others.toSorted((one, other) => gain(other) - gain(one)).slice(0, 1)];
  }
  for (const location of near.toReversed()) {
    const without = chosen.filter((each) => each !== location);
    if (suffices(without, wanted, left)) chosen = without;
  }
  return near.filter((location) => chosen.includes(location));
}

/** @param chosen the nearest first */
function place(lines: readonly RoutedLine[], chosen: readonly StockLocationId[], left: Left): Allocation[] {
  return lines.flatMap(({ id: lineId, variantId, quantity }) => {
    const whole = chosen.find((location) => held(left, location, variantId) >= quantity);
    const allocations: Allocation[] = [];
    let missing = quantity;
    for (const locationId of whole === undefined ? chosen : [whole]) {
      const units = Math.min(missing, held(left, locationId, variantId));
      if (units === 0) continue;
      allocations.push({ lineId, variantId, locationId, quantity: units });
      left.get(locationId)?.set(variantId, held(left, locationId, variantId) - units);
      missing -= units;
    }
    return allocations;
  });
}

function byNearness(destination: Destination, locations: readonly SendingLocation[]): SendingLocation[] {
  const from = destination.coordinates;
  const isMeasured = from !== null && locations.every(({ coordinates }) => coordinates !== null);
  const away = (location: SendingLocation) => {
    if (location.id === destination.pickUpAt) return -1;
    const { coordinates: to } = location;
    return isMeasured && from !== null && to !== null
      ? kilometres(from, to)
      : remoteness(destination, location);
  };
  return locations.toSorted(
    (one, other) => away(one) - away(other) || one.priority - other.priority || (one.id < other.id ? -1 : 1),
  );
}

const REMOTENESS = { sameRegion: 0, sameCountry: 1, abroad: 2 } as const;

const spelled = (region: string) => region.trim().toLowerCase();

function remoteness(destination: Place, { country, region }: Place): number {
  if (country === null || country !== destination.country) return REMOTENESS.abroad;
  const isSameRegion = region !== '' && spelled(region) === spelled(destination.region);
  return isSameRegion ? REMOTENESS.sameRegion : REMOTENESS.sameCountry;
}

const EARTH_RADIUS_KM = 6_371;
const HALF_TURN_DEGREES = 180;
const radians = (degrees: number) => (degrees * Math.PI) / HALF_TURN_DEGREES;

/** Along the surface of a ball. */
export function kilometres(from: Coordinates, to: Coordinates): number {
  const [one, other] = [radians(from.latitude), radians(to.latitude)];
  const half = (angle: number) => Math.sin(angle / 2) ** 2;
  const chord =
    half(other - one) + Math.cos(one) * Math.cos(other) * half(radians(to.longitude - from.longitude));
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, chord)));
}
