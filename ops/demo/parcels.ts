/** The parcels of the demo's order: bought so that there are two, and shown as staff sees them. */

import { DEMO_ACCOUNTS } from '#db/seed/accounts.ts';
import { present } from '#lib/assert.ts';
import { type Shop, visit } from './shop.ts';

interface Located {
  readonly locations: readonly { readonly locationId: string; readonly onHand: number }[];
}

interface Sold {
  readonly items: readonly { readonly id: string; readonly name: string }[];
  readonly plannedParcels: readonly {
    readonly location: string;
    readonly items: readonly { readonly itemId: string; readonly quantity: number }[];
  }[];
}

/** Variants that are looked at for one that lies elsewhere. */
const MAX_LOOKS = 12;

/** Somebody who may see where stock lies. */
export async function signInAdmin(edgeUrl: string): Promise<Shop> {
  const { email, password } = present(
    DEMO_ACCOUNTS.find(({ role }) => role === 'admin'),
    'the demo admin',
  );
  const { body } = await visit(edgeUrl).post<{ accessToken: string }>('/auth/login', { email, password });
  return visit(edgeUrl, body.accessToken);
}

async function placesOf(staff: Shop, variantId: string): Promise<readonly string[]> {
  const { body } = await staff.get<Located>(`/inventory/${variantId}`);
  return body.locations.filter(({ onHand }) => onHand > 0).map(({ locationId }) => locationId);
}

/** The first that no location has together with the given one; undefined where a few looks find none. */
export async function liesElsewhere<Variant extends { readonly id: string }>(
  staff: Shop,
  { id }: Variant,
  others: AsyncIterable<Variant>,
): Promise<Variant | undefined> {
  const places = await placesOf(staff, id);
  let looks = 0;
  for await (const other of others) {
    const theirs = await placesOf(staff, other.id);
    if (theirs.length > 0 && !theirs.some((place) => places.includes(place))) return other;
    looks += 1;
    if (looks === MAX_LOOKS) return undefined;
  }
  return undefined;
}

/** One line for each parcel that is to be packed; none while the worker has not taken the stock off the shelf. */
export async function plannedParcels(staff: Shop, orderId: string): Promise<readonly string[]> {
  const { body } = await staff.get<Sold>(`/sales/${orderId}`);
  const nameOf = (itemId: string) => body.items.find(({ id }) => id === itemId)?.name ?? itemId;
  return body.plannedParcels.map(({ location, items }) => {
    const contents = items.map(({ itemId, quantity }) => `${quantity} x ${nameOf(itemId)}`).join(', ');
    return `from ${location}: ${contents}`;
  });
}
