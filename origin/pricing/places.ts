/** Places as rules of tax and shipping compare them, and what has to be known of one before anything is charged. */

import type { FoundRules, Place } from './store.ts';
import { subdivisionOf } from './subdivisions.ts';

/** However an address spells its region and its postal code. A region that is no subdivision stays, in capitals. */
export function placeOf({
  country,
  region,
  postalCode,
}: {
  readonly country: string | null;
  readonly region?: string | null | undefined;
  readonly postalCode: string | null;
}): Place {
  const spelled = (region ?? '').trim();
  const known = country === null ? null : subdivisionOf(country, spelled);
  return {
    country,
    region: known ?? spelled.toUpperCase(),
    postalCode: (postalCode ?? '')
      .normalize('NFKD')
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]/g, ''),
  };
}

export type PlaceNeed = 'region' | 'postal_code';

const STARTS = { digit: /^[0-9]/, letter: /^[A-Z]/ } as const;

/**
 * What the shop's rules for the country go by, and the place does not tell, or tells as no address there does. Who leaves
 * it out would pay by the rules for the rest of the country.
 */
export function placeNeedOf(
  { hasRegions, postalStart }: Pick<FoundRules, 'hasRegions' | 'postalStart'>,
  { country, region, postalCode }: Place,
): PlaceNeed | null {
  if (country === null) return null;
  if (hasRegions && subdivisionOf(country, region) !== region) return 'region';
  return postalStart === null || STARTS[postalStart].test(postalCode) ? null : 'postal_code';
}
