/** The demo shop's two locations, so that some of its orders go in two parcels. */

import type { Transaction } from '#db/client.ts';
import { insertAll } from '#db/import/insert-all.ts';
import { locationLedger, locationStock } from '#db/schema/inventory.ts';
import { DEFAULT_LOCATION, stockLocations } from '#db/schema/stock-locations.ts';
import type { StockLocationId, VariantId } from '#lib/ids.ts';

/** Every so many variants, one lies at the other location: all of it. */
const ONE_OF = 4;
const OTHER = '01941f29-7c00-7000-8000-000000000101' as StockLocationId;

const DEMO_LOCATIONS = [
  {
    ...{ id: DEFAULT_LOCATION, name: 'Springfield', country: 'US', region: 'IL', postalCode: '62701' },
    ...{ latitude: 39.8, longitude: -89.64 },
  },
  {
    ...{ id: OTHER, name: 'Rotterdam', country: 'NL', region: 'Zuid-Holland', postalCode: '3011' },
    ...{ latitude: 51.92, longitude: 4.48 },
  },
];

/** How many units of the variant at this place of the catalogue lie at the other location. */
export const elsewhereOf = (onHand: number, index: number): number => (index % ONE_OF === 0 ? onHand : 0);

/** The inventory is there already, with what lies elsewhere of it. A shop that has said where it is stays there. */
export async function writeLocations(
  tx: Transaction,
  stock: readonly { readonly variantId: VariantId; readonly elsewhere: number }[],
): Promise<void> {
  await tx.insert(stockLocations).values(DEMO_LOCATIONS).onConflictDoNothing();
  const there = stock.filter(({ elsewhere }) => elsewhere > 0);
  await insertAll(
    tx,
    locationStock,
    there.map(({ variantId, elsewhere }) => ({ variantId, locationId: OTHER, onHand: elsewhere })),
  );
  await insertAll(
    tx,
    locationLedger,
    there.map(({ variantId, elsewhere }) => ({
      ...{ variantId, locationId: OTHER, delta: elsewhere },
      ...{ movement: 'receipt' as const, reason: 'demo stock' },
    })),
  );
}
