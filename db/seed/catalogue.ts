/** The demo catalogue: about a thousand products, the same on every machine. Pure: it writes nothing. */

import type { CategoryId, ProductId, VariantId } from '#lib/ids.ts';
import { type Minor, minor } from '#lib/money.ts';
import { describe } from './describe.ts';
import { drawOptions } from './options.ts';
import { COLOURS, drawPicture } from './picture.ts';
import { createRandom, type Random } from './random.ts';
import { BOOKS, HOME, KITCHEN } from './words/indoors.ts';
import { GARDEN, OUTDOOR, SPORT } from './words/outdoors.ts';
import { APPAREL, ELECTRONICS, TOYS } from './words/wear.ts';
import type { Department, Leaf } from './words.ts';

export interface DemoCategory {
  readonly id: CategoryId;
  readonly slug: string;
  readonly name: string;
  readonly parentId: CategoryId | null;
  readonly position: number;
}

export interface DemoVariant {
  readonly id: VariantId;
  readonly sku: string;
  readonly barcode: string;
  readonly optionValues: readonly string[];
  readonly priceMinor: Minor;
  readonly compareAtMinor: Minor | null;
  readonly grams: number;
  readonly onHand: number;
}

export interface DemoProduct {
  readonly id: ProductId;
  readonly slug: string;
  readonly name: string;
  readonly vendor: string;
  readonly descriptionHtml: string;
  readonly categoryId: CategoryId;
  readonly tags: readonly string[];
  readonly optionNames: readonly string[];
  readonly popularity: number;
  readonly createdAt: Date;
  readonly variants: readonly DemoVariant[];
  readonly pictureSvg: string;
}

export interface DemoCatalogue {
  readonly categories: readonly DemoCategory[];
  readonly products: readonly DemoProduct[];
}

export const DEMO_SEED = 20_260_501;
const PRODUCTS_PER_LEAF = 23;
const FIRST_DAY = Date.UTC(2025, 0, 6, 9);
const BETWEEN_PRODUCTS_MS = 7 * 60 * 60 * 1_000;
const TOP_POPULARITY = 10_000;
/** How steeply popularity falls with rank, as in Zipf's law. */
const POPULARITY_EXPONENT = 0.85;
const SOLD_OUT_CHANCE = 0.05;
const REDUCED_CHANCE = 0.18;

const DEPARTMENTS: readonly Department[] = [
  KITCHEN,
  HOME,
  OUTDOOR,
  GARDEN,
  SPORT,
  APPAREL,
  ELECTRONICS,
  TOYS,
  BOOKS,
];

interface Draft {
  readonly department: Department;
  readonly leaf: Leaf;
  readonly categoryId: CategoryId;
  readonly kind: string;
  readonly thing: string;
}

export function generateCatalogue(seed: number = DEMO_SEED): DemoCatalogue {
  const random = createRandom(seed);
  const tree = DEPARTMENTS.map((department, position) => plantDepartment(department, position, random));
  const drafts = tree.flatMap(({ leaves }) => leaves.flatMap(({ drafts: ofLeaf }) => ofLeaf));
  const ranks = random.shuffled(drafts.map((_, index) => index + 1));
  const slugs = new Set<string>();
  // Shuffled, so that the newest products are of all departments.
  const products = random.shuffled(drafts).map((draft, index) => {
    const slug = freeSlug(slugOf(`${draft.kind} ${draft.thing}`), draft, slugs);
    return drawProduct({ draft, slug, serial: index + 1, rank: ranks[index] ?? drafts.length }, random);
  });
  return {
    categories: tree.flatMap(({ top, leaves }) => [top, ...leaves.map((leaf) => leaf.category)]),
    products,
  };
}

function plantDepartment(department: Department, position: number, random: Random) {
  const at = new Date(FIRST_DAY);
  const top: DemoCategory = {
    id: random.id<CategoryId>(at),
    slug: slugOf(department.name),
    name: department.name,
    parentId: null,
    position,
  };
  const leaves = department.leaves.map((leaf, index) => {
    const category: DemoCategory = {
      id: random.id<CategoryId>(at),
      slug: slugOf(`${department.name} ${leaf.name}`),
      name: leaf.name,
      parentId: top.id,
      position: index,
    };
    const names = leaf.kinds.flatMap((kind) => leaf.things.map((thing) => ({ kind, thing })));
    const drawn = random.shuffled(names).slice(0, PRODUCTS_PER_LEAF);
    return {
      category,
      drafts: drawn.map((name): Draft => ({ ...name, department, leaf, categoryId: category.id })),
    };
  });
  return { top, leaves };
}

interface Place {
  readonly draft: Draft;
  readonly slug: string;
  readonly serial: number;
  readonly rank: number;
}

function drawProduct({ draft, slug, serial, rank }: Place, random: Random): DemoProduct {
  const { department, leaf, kind, thing, categoryId } = draft;
  const createdAt = new Date(FIRST_DAY + serial * BETWEEN_PRODUCTS_MS);
  const name = `${kind} ${thing}`;
  const vendor = random.pick(department.vendors);
  const colour = random.pick(Object.keys(COLOURS));
  const options = drawOptions(leaf.options, colour, random);
  const [cheapest, dearest] = leaf.price;
  // Squared, so that most products stand at the cheaper end of their shelf.
  const base = cheapest + (dearest - cheapest) * random.fraction() ** 2;
  const reduction = random.chance(REDUCED_CHANCE) ? random.pick([1.15, 1.25, 1.4]) : null;
  const grams = random.integer(4, 120) * 10;
  const variants = options.combinations.map(({ values, priceFactor }, index): DemoVariant => {
    const priceMinor = shelfPrice(base * priceFactor);
    return {
      id: random.id<VariantId>(createdAt),
      sku: `${department.name.slice(0, 3).toUpperCase()}-${padded(serial, 4)}-${padded(index + 1, 2)}`,
      barcode: `20${padded(serial, 7)}${padded(index + 1, 4)}`,
      optionValues: values,
      priceMinor,
      compareAtMinor: reduction === null ? null : shelfPrice((priceMinor / 100) * reduction),
      grams: Math.round(grams * priceFactor),
      onHand: random.chance(SOLD_OUT_CHANCE) ? 0 : random.integer(3, 120),
    };
  });
  const picture = drawPicture({ shape: leaf.shape, colour, title: name }, random);
  return {
    id: random.id<ProductId>(createdAt),
    slug,
    name,
    vendor,
    descriptionHtml: describe({ name, vendor, department }, random),
    categoryId,
    tags: tagsOf(draft, reduction !== null),
    optionNames: options.names,
    popularity: Math.round(TOP_POPULARITY / rank ** POPULARITY_EXPONENT),
    createdAt,
    variants,
    pictureSvg: picture,
  };
}

function tagsOf({ department, leaf, kind }: Draft, reduced: boolean): string[] {
  const words = [department.name, leaf.name, kind, ...(reduced ? ['Sale'] : [])];
  return [...new Set(words.map((word) => word.toLowerCase()))];
}

/** The price tags of shops: whole dollars, or ending in .50 or .99. */
function shelfPrice(dollars: number): Minor {
  const whole = Math.floor(dollars);
  const ending = dollars >= 100 ? 0 : dollars - whole < 0.34 ? 50 : 99;
  return minor(Math.max(whole, 1) * 100 + ending);
}

/** Two shelves may sell a thing of the same name; the second takes its shelf's name along. */
function freeSlug(slug: string, { leaf }: Draft, taken: Set<string>): string {
  const free = taken.has(slug) ? slugOf(`${slug} ${leaf.name}`) : slug;
  taken.add(free);
  return free;
}

function slugOf(text: string): string {
  const plain = text.normalize('NFKD').replace(/[\u0300-\u036f’]/g, '');
  return plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
