/** What the contract of search engines is held with: documents, filters and what fits them, slips of typing. */

import fc from 'fast-check';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import type { Facets, SearchDocument, SearchFilter } from '#origin/search/engine.ts';

const CAMPING = { id: '00000000-0000-7000-8000-0000000000c1' as CategoryId, name: 'Camping' };
const OUTDOOR = { id: '00000000-0000-7000-8000-0000000000c2' as CategoryId, name: 'Outdoor' };
const KITCHEN = { id: '00000000-0000-7000-8000-0000000000c3' as CategoryId, name: 'Kitchen' };

let count = 0;

export function product(of: Partial<SearchDocument>): SearchDocument {
  count += 1;
  return {
    productId: `00000000-0000-7000-8000-${count.toString(16).padStart(12, '0')}` as ProductId,
    version: 1,
    name: 'Nameless',
    vendor: '',
    categories: [],
    tags: [],
    description: '',
    options: [],
    skus: [],
    priceMinor: 1_000,
    popularity: 0,
    available: true,
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, count)),
    ...of,
  };
}

/** Sixty that differ in everything that one can filter and sort by, and tie in much of it. */
export const GADGETS = Array.from({ length: 60 }, (_, index) =>
  product({
    name: `Gadget ${['Alpha', 'Beta', 'Gamma'][index % 3]}`,
    vendor: ['Northfold', 'Southfold', "O'Fold & Söhne"][index % 3] ?? '',
    categories: index % 4 === 0 ? [CAMPING, OUTDOOR] : index % 4 === 1 ? [OUTDOOR] : [KITCHEN],
    options: [
      { name: 'Colour', value: ['Red', 'Blue: dark', 'Green'][index % 3] ?? '' },
      { name: 'Size', value: index % 2 === 0 ? 'S' : 'L' },
    ],
    priceMinor: (index % 7) * 997,
    popularity: index % 5,
    available: index % 6 !== 0,
    createdAt: new Date(Date.UTC(2026, 1, 1 + (index % 9))),
  }),
);
export const LANTERN = product({
  name: 'Hurricane Lantern',
  vendor: 'Crème & Brûlée',
  categories: [CAMPING, OUTDOOR],
  tags: ['wi-fi'],
  description: 'Burns paraffin on windy nights, black/white.',
  options: [{ name: 'Finish', value: 'Verdigris' }],
  skus: ['LAN-77/X'],
  popularity: 9,
});
export const KETTLE = product({
  name: 'Whistling Kettle',
  description: 'Sits well beside a lantern.',
  popularity: 90,
});

export const someFilter: fc.Arbitrary<SearchFilter> = fc.record(
  {
    categoryId: fc.constantFrom(CAMPING.id, OUTDOOR.id, KITCHEN.id),
    vendor: fc.constantFrom('Northfold', "O'Fold & Söhne"),
    option: fc.constantFrom({ name: 'Colour', value: 'Blue: dark' }, { name: 'Size', value: 'S' }),
    available: fc.boolean(),
    minPriceMinor: fc.nat(7_000),
    maxPriceMinor: fc.nat(7_000),
  },
  { requiredKeys: [] },
);

export function fits(gadget: SearchDocument, filter: SearchFilter): boolean {
  const { categoryId, vendor, option, available, minPriceMinor = 0, maxPriceMinor = 1_000_000 } = filter;
  return (
    (categoryId === undefined || gadget.categories.some(({ id }) => id === categoryId)) &&
    (vendor === undefined || gadget.vendor === vendor) &&
    (option === undefined ||
      gadget.options.some(({ name, value }) => name === option.name && value === option.value)) &&
    (available === undefined || gadget.available === available) &&
    gadget.priceMinor >= minPriceMinor &&
    gadget.priceMinor <= maxPriceMinor
  );
}

/** The filters that the facets stand for, where they do not replace one that holds already. */
export function filtersOf(facets: Facets | null): [SearchFilter, number][] {
  if (facets === null) return [];
  return [
    ...facets.categories.map(({ id, count: n }): [SearchFilter, number] => [{ categoryId: id }, n]),
    ...facets.vendors.map(({ value, count: n }): [SearchFilter, number] => [{ vendor: value }, n]),
    ...facets.options.map(({ count: n, ...option }): [SearchFilter, number] => [{ option }, n]),
    ...facets.prices.map(({ min, max, count: n }): [SearchFilter, number] => [
      { minPriceMinor: min, ...(max === null ? {} : { maxPriceMinor: max }) },
      n,
    ]),
    [{ available: true }, facets.available],
    [{ available: false }, facets.unavailable],
  ];
}

/** Both filters at once; null where one would replace the other. */
export function both(filter: SearchFilter, other: SearchFilter): SearchFilter | null {
  const { minPriceMinor = 0, maxPriceMinor = Number.MAX_SAFE_INTEGER } = filter;
  const { minPriceMinor: min = 0, maxPriceMinor: max = Number.MAX_SAFE_INTEGER, ...rest } = other;
  if (Object.keys(rest).some((key) => key in filter)) return null;
  return {
    ...filter,
    ...rest,
    minPriceMinor: Math.max(minPriceMinor, min),
    maxPriceMinor: Math.min(maxPriceMinor, max),
  };
}

/** Of all slips in the contract's words, those that English grammar takes for another form of the word, as a plural. */
export const OTHER_FORMS: ReadonlySet<string> = new Set(['verdigrys', 'whistleing']);

/** A letter left out, one too many, another one, or two swapped. */
export function slipIn(
  word: string,
  { at, letter, kind }: { at: number; letter: string; kind: number },
): string {
  const before = word.slice(0, at);
  const [here = '', next = ''] = word.slice(at);
  if (kind === 0) return before + word.slice(at + 1);
  if (kind === 1) return before + letter + word.slice(at);
  if (kind === 2) return before + letter + word.slice(at + 1);
  return before + next + here + word.slice(at + 2);
}

export function fold(text: string): string {
  const bare = text
    .normalize('NFKD')
    .replace(/[\p{M}'’]/gu, '')
    .toLowerCase();
  return bare.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
