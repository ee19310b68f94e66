/** Which facets a client asks for, and how they are answered. */

import { AppError } from '#lib/problems.ts';
import type { CategoryPaths } from './category-paths.ts';
import type { Facets } from './engine.ts';
import type { FacetCounts } from './model.ts';

export const FACETS = ['category', 'vendor', 'price', 'options', 'availability'] as const;
export type FacetName = (typeof FACETS)[number];

const ALL: ReadonlySet<string> = new Set(['all', 'true', '1']);
const NONE: ReadonlySet<string> = new Set(['none', 'false', '0']);

/** All unless said otherwise. @throws {AppError} `invalid_input` */
export function readChosenFacets(text = 'all'): readonly FacetName[] {
  if (ALL.has(text)) return FACETS;
  if (NONE.has(text)) return [];
  const names = text.split(',');
  if (!names.every(isFacet)) {
    const message = `must be all, none, or some of ${FACETS.join(',')}`;
    throw new AppError('invalid_input', { errors: [{ path: 'query/facets', message }] });
  }
  return names;
}

function isFacet(name: string): name is FacetName {
  return (FACETS as readonly string[]).includes(name);
}

export function toFacetCounts(
  { categories, vendors, prices, options, available, unavailable }: Facets,
  paths: CategoryPaths,
  chosen: readonly FacetName[],
): FacetCounts {
  const all: Required<FacetCounts> = {
    category: categories.flatMap(({ id, count }) => {
      const [category] = paths.pathOf(id);
      return category === undefined ? [] : [{ slug: category.slug, name: category.name, count }];
    }),
    vendor: vendors.map(({ value, count }) => ({ value, count })),
    price: prices.map(({ min, max, count }) => ({ min, max, count })),
    options: [...Map.groupBy(options, ({ name }) => name)].map(([name, some]) => ({
      name,
      values: some.map(({ value, count }) => ({ value, count })),
    })),
    availability: [
      { available: true, count: available },
      { available: false, count: unavailable },
    ].filter(({ count }) => count > 0),
  };
  return Object.fromEntries(chosen.map((name) => [name, all[name]]));
}
