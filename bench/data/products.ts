/**
 * A generated catalogue of any size, product by product: each is drawn from its own number alone, so that a
 * million of them need no memory and the name of any one can be had without the others. Pure.
 */

import { describe } from '#db/seed/describe.ts';
import { COLOURS } from '#db/seed/picture.ts';
import { createRandom, type Random } from '#db/seed/random.ts';
import { present } from '#lib/assert.ts';
import type { ImageId, ProductId, VariantId } from '#lib/ids.ts';
import { SHELVES, type Shelf, slugOf } from './shelves.ts';

export interface BenchVariant {
  readonly id: VariantId;
  readonly sku: string;
  readonly optionValues: readonly string[];
  readonly priceMinor: number;
  readonly onHand: number;
}

export interface BenchProduct {
  readonly id: ProductId;
  readonly imageId: ImageId;
  readonly slug: string;
  readonly name: string;
  readonly vendor: string;
  readonly descriptionHtml: string;
  readonly shelf: Shelf;
  readonly tags: readonly string[];
  readonly optionName: string;
  readonly popularity: number;
  readonly createdAt: Date;
  readonly variants: readonly BenchVariant[];
}

const SEED = 20_260_903;
const FIRST_DAY = Date.UTC(2025, 0, 6, 9);
const SPAN_MS = 500 * 24 * 60 * 60 * 1_000;
const TOP_POPULARITY = 1_000_000;
const MAX_VARIANTS = 4;
const SIZES = ['Small', 'Medium', 'Large', 'Extra Large'];
const SERIES = [
  ...['Alder', 'Birch', 'Cinder', 'Dune', 'Ember', 'Fjord', 'Grove', 'Harbour', 'Iris', 'Juniper', 'Kestrel'],
  ...[
    'Lark',
    'Meadow',
    'Nimbus',
    'Orchard',
    'Pebble',
    'Quarry',
    'Ridge',
    'Sorrel',
    'Thicket',
    'Umber',
    'Vale',
  ],
];
/** A prime above any number of products: consecutive ranks lie far apart in the tables, as in a real shop. */
const STRIDE = 618_034_003;
/** Spreads consecutive numbers over the generator's states. */
const SEED_STEP = 2_654_435_761;

/** Where the product of a rank stands in the tables; ranks count from 1. */
export function numberOfRank(rank: number, products: number): number {
  return Number((BigInt(rank - 1) * BigInt(STRIDE)) % BigInt(products));
}

/** The inverse of {@link numberOfRank}, for all numbers. */
export function ranksByNumber(products: number): Uint32Array {
  const ranks = new Uint32Array(products);
  let number = 0;
  for (let rank = 1; rank <= products; rank += 1) {
    ranks[number] = rank;
    number = (number + STRIDE) % products;
  }
  return ranks;
}

export function drawProduct(number: number, rank: number, products: number): BenchProduct {
  const random = randomOf(number);
  const { shelf, name, slug } = drawName(number, random);
  const { department, leaf } = shelf;
  const createdAt = new Date(FIRST_DAY + Math.floor((number / products) * SPAN_MS));
  const vendor = random.pick(department.vendors);
  const [cheapest, dearest] = leaf.price;
  const price = Math.round((cheapest + (dearest - cheapest) * random.fraction() ** 2) * 100);
  const colours = random.chance(0.5);
  const values = colours ? Object.keys(COLOURS).slice(0, MAX_VARIANTS) : SIZES;
  const variants = values.slice(0, random.integer(1, 3)).map((value, index) => ({
    id: random.id<VariantId>(createdAt),
    sku: `B${number}-${index + 1}`,
    optionValues: [value],
    priceMinor: price + (colours ? 0 : index * 500),
    onHand: random.chance(0.05) ? 0 : random.integer(3, 120),
  }));
  return {
    id: random.id<ProductId>(createdAt),
    imageId: random.id<ImageId>(createdAt),
    slug,
    name,
    vendor,
    descriptionHtml: describe({ name, vendor, department }, random),
    shelf,
    tags: [department.name.toLowerCase(), leaf.name.toLowerCase()],
    optionName: colours ? 'Colour' : 'Size',
    popularity: Math.round(TOP_POPULARITY / rank ** 0.85),
    createdAt,
    variants,
  };
}

/** The slug alone, for addresses of products whose rows are in a database. */
export function slugOfRank(rank: number, products: number): string {
  const number = numberOfRank(rank, products);
  return drawName(number, randomOf(number)).slug;
}

function randomOf(number: number): Random {
  return createRandom((SEED + Math.imul(number + 1, SEED_STEP)) >>> 0);
}

function drawName(number: number, random: Random) {
  const shelf = present(SHELVES[random.integer(0, SHELVES.length - 1)], 'a shelf');
  const name = `${random.pick(SERIES)} ${random.pick(shelf.leaf.kinds)} ${random.pick(shelf.leaf.things)}`;
  return { shelf, name, slug: `${slugOf(name)}-${number.toString(36)}` };
}
