/** Stock locations in the hands of admins: made, changed, taken out of use; every act is on record. */

import type { Queryable, Transaction } from '#db/client.ts';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { StockLocationId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { LocationChange, LocationListQuery, LocationPage, NewLocation, StockLocation } from './model.ts';
import type { SendingLocation } from './routing.ts';
import * as store from './store.ts';

export { type Allocation, type Destination, type Place, route } from './routing.ts';
/** So that rows may name the default location. */
export const writeDefaultLocation = store.writeDefault;

/** Those out of use, too. */
export const MAX_LOCATIONS = 200;

/** While an order is in one of these, its goods may leave. Spelled here, for orders know of locations. */
const TO_BE_SENT = ['paid', 'partially_fulfilled', 'partially_refunded'] as const;

/** @throws {AppError} `stock_locations_full` */
export async function createLocation(
  deps: Deps,
  admin: SignedIn,
  { name, country, region = '', postalCode = '', ...input }: NewLocation,
): Promise<StockLocation> {
  const id = deps.ids.next<StockLocationId>();
  const { coordinates = null, priority } = input;
  const row = await deps.db.transaction(async (tx) => {
    if ((await store.countLocations(tx)) >= MAX_LOCATIONS) throw new AppError('stock_locations_full');
    const made = await store.insertLocation(tx, {
      ...{ id, name, country, region, postalCode, createdAt: deps.clock.now() },
      ...columnsOf(coordinates),
      ...(priority === undefined ? {} : { priority }),
    });
    const object = { kind: 'stock_location', id };
    await recordAct(tx, admin, { action: 'stock_location.made', object, changes: { country } });
    return made;
  });
  await deps.ownWrites.note(admin);
  return toLocation(row);
}

/** In the order in which they were made. @throws {AppError} `invalid_input` for a cursor of another list */
export async function listLocations(
  deps: Deps,
  admin: SignedIn,
  { cursor, limit = DEFAULT_PAGE_SIZE }: LocationListQuery,
): Promise<LocationPage> {
  const [after] = cursor === undefined ? [] : decodeCursor(cursor, 'uuid', 'uuid', 'locations');
  const found = await deps.ownWrites.read(admin, (db) =>
    store.listLocations(db, limit + 1, after as StockLocationId | undefined),
  );
  const rows = after === undefined ? withDefault(found) : found;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map(toLocation),
    nextCursor: hasMore ? encodeCursor([last.id, last.id, 'locations']) : null,
  };
}

/** Its id comes before those of all others. */
const withDefault = (rows: readonly store.LocationRow[]): readonly store.LocationRow[] =>
  rows.some(({ id }) => id === DEFAULT_LOCATION) ? rows : [store.UNWRITTEN_DEFAULT, ...rows];

/** @throws {AppError} `stock_location_not_found`, `default_location_stays`, `stock_location_in_use` with what is there */
export async function changeLocation(
  deps: Deps,
  admin: SignedIn,
  id: StockLocationId,
  { coordinates, ...change }: LocationChange,
): Promise<StockLocation> {
  const row = await deps.db.transaction(async (tx) => {
    if (id === DEFAULT_LOCATION) await store.writeDefault(tx);
    const before = await store.lockLocation(tx, id);
    if (before === undefined) throw new AppError('stock_location_not_found');
    if (change.active === false && before.active) await requireUnused(tx, id);
    const changed = await store.updateLocation(tx, id, {
      ...change,
      ...(coordinates === undefined ? {} : columnsOf(coordinates)),
    });
    const object = { kind: 'stock_location', id };
    const fields = Object.keys({ ...change, ...(coordinates === undefined ? {} : { coordinates }) });
    await recordAct(tx, admin, {
      ...{ action: 'stock_location.changed', object },
      changes: { fields, active: changed.active },
    });
    return changed;
  });
  await deps.ownWrites.note(admin);
  return toLocation(row);
}

/** The location is locked: whatever would bring something there waits, and finds it out of use. */
async function requireUnused(tx: Transaction, id: StockLocationId): Promise<void> {
  if (id === DEFAULT_LOCATION) throw new AppError('default_location_stays');
  const { units, toSend, pickUps } = await store.findUses(tx, id, TO_BE_SENT);
  if (units + toSend + pickUps > 0) throw new AppError('stock_location_in_use', { units, toSend, pickUps });
}

/**
 * Something may come to the location and may name it, for as long as the transaction lasts.
 * @throws {AppError} `stock_location_not_found`, `stock_location_inactive`
 */
export async function requireActive(tx: Transaction, id: StockLocationId): Promise<void> {
  if (id === DEFAULT_LOCATION) return store.writeDefault(tx);
  const [row] = await store.holdLocations(tx, [id]);
  if (row === undefined) throw new AppError('stock_location_not_found');
  if (!row.active) throw new AppError('stock_location_inactive');
}

/** Of these, those that something may come to for as long as the transaction lasts. */
export async function holdActive(
  tx: Transaction,
  ids: readonly StockLocationId[],
): Promise<ReadonlySet<StockLocationId>> {
  const others = [...new Set(ids)].filter((id) => id !== DEFAULT_LOCATION);
  const held = await store.holdLocations(tx, others);
  return new Set([DEFAULT_LOCATION, ...held.filter(({ active }) => active).map(({ id }) => id)]);
}

export interface NamedLocation extends SendingLocation {
  readonly name: string;
}

/** All that are in use, the default one among them. */
export async function activeLocations(db: Queryable): Promise<NamedLocation[]> {
  return withDefault(await store.findActive(db)).map(toNamed);
}

function toNamed({ id, name, country, region, priority, ...row }: store.LocationRow): NamedLocation {
  return { id, name, country, region, priority, coordinates: coordinatesOf(row) };
}

type Columns = Pick<store.LocationRow, 'latitude' | 'longitude'>;

const columnsOf = (coordinates: StockLocation['coordinates']): Columns =>
  coordinates ?? { latitude: null, longitude: null };

const coordinatesOf = ({ latitude, longitude }: Columns): StockLocation['coordinates'] =>
  latitude === null || longitude === null ? null : { latitude, longitude };

function toLocation({ latitude, longitude, createdAt, ...row }: store.LocationRow): StockLocation {
  return {
    ...row,
    coordinates: coordinatesOf({ latitude, longitude }),
    isDefault: row.id === DEFAULT_LOCATION,
    createdAt: createdAt.toISOString(),
  };
}
