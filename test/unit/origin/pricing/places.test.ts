/** However an address spells where it is, the rules find it there; or it is said that they cannot. */

import { describe, expect, test } from 'bun:test';
import { placeNeedOf, placeOf } from '#origin/pricing/service.ts';

const SPELLED = [
  ['US', 'NY', 'NY'],
  ['US', ' new  york ', 'NY'],
  ['US', 'ＮＹ', 'NY'],
  ['CA', 'Québec', 'QC'],
  ['FR', 'ile-de-france', 'IDF'],
  // A province counts as the region that it lies in.
  ['ES', 'B', 'CT'],
  ['ES', 'Barcelona', 'CT'],
  ['ES', 'La Rioja', 'RI'],
  ['GB', 'Northern Ireland', 'NIR'],
] as const;

const UNKNOWN = [
  ['US', ''],
  ['US', 'ON'],
  ['US', 'US-NY'],
  // Great Britain: not one of the four countries, whose rules it would evade.
  ['GB', 'GBN'],
  // Two of this name lie side by side.
  ['DK', 'København'],
  ['AQ', 'NY'],
] as const;

describe('a region is known by its code or its name', () => {
  test.each(SPELLED)('%s: %s is %s', (country, region, code) => {
    const place = placeOf({ country, region, postalCode: null });
    expect([place.region, placeNeedOf({ hasRegions: true, postalStart: null }, place)]).toEqual([code, null]);
  });

  test.each(UNKNOWN)('%s: "%s" is none', (country, region) => {
    const place = placeOf({ country, region, postalCode: null });
    expect(placeNeedOf({ hasRegions: true, postalStart: null }, place)).toBe('region');
    expect(placeNeedOf({ hasRegions: false, postalStart: null }, place)).toBeNull();
  });
});

test('a postal code begins as those of its country do', () => {
  const need = (postalCode: string, postalStart: 'digit' | 'letter') =>
    placeNeedOf({ hasRegions: false, postalStart }, placeOf({ country: 'US', postalCode }));
  expect(['99501', ' 99501-1234', 'K1A 0B1', ''].map((code) => need(code, 'digit'))).toEqual([
    ...[null, null],
    ...(['postal_code', 'postal_code'] as const),
  ]);
  expect([need('k1a 0b1', 'letter'), need('1K1A', 'letter')]).toEqual([null, 'postal_code']);
});
