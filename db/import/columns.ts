/** The columns of Shopify's product files that the import reads, under every name they have gone by. */

/** First the name of product exports, then that of Shopify's newer template. Case does not matter. */
const NAMES = {
  handle: ['Handle', 'URL handle'],
  title: ['Title'],
  body: ['Body (HTML)', 'Body HTML', 'Description'],
  vendor: ['Vendor'],
  type: ['Type', 'Product Type', 'Custom Product Type'],
  category: ['Product Category', 'Standard Product Type'],
  tags: ['Tags'],
  published: ['Published', 'Published on online store'],
  status: ['Status'],
  option1Name: ['Option1 Name'],
  option1Value: ['Option1 Value'],
  option2Name: ['Option2 Name'],
  option2Value: ['Option2 Value'],
  option3Name: ['Option3 Name'],
  option3Value: ['Option3 Value'],
  sku: ['Variant SKU', 'SKU'],
  barcode: ['Variant Barcode', 'Barcode'],
  grams: ['Variant Grams', 'Weight value (grams)'],
  quantity: ['Variant Inventory Qty', 'Inventory quantity'],
  price: ['Variant Price', 'Price'],
  compareAt: ['Variant Compare At Price', 'Compare-at price'],
  requiresShipping: ['Variant Requires Shipping', 'Requires shipping'],
  taxable: ['Variant Taxable', 'Charge tax'],
  imageUrl: ['Image Src', 'Product image URL'],
  imagePosition: ['Image Position'],
  imageAlt: ['Image Alt Text'],
  variantImage: ['Variant Image', 'Variant image URL'],
  /** Hotshelf's own, in every file that it writes and in no other. */
  currency: ['Hotshelf Currency'],
  publishAt: ['Hotshelf Publish At'],
} as const;

export type Column = keyof typeof NAMES;

const MANDATORY: readonly Column[] = ['handle', 'title', 'price'];

/** What other columns say when they say nothing: not worth a note. */
const SILENT = new Set(['', 'false', 'deny', 'manual', 'shopify', 'kg', 'g']);

export interface Header {
  /** Where each column stands; one that the file does not have is missing. */
  readonly places: ReadonlyMap<Column, number>;
  readonly width: number;
  /** Hotshelf wrote the file: its texts are as `export/escape.ts` says. */
  readonly isOwn: boolean;
  /** Columns that the shop has no place for, by position. */
  readonly unread: ReadonlyMap<number, string>;
}

/** The header of a product file, or the names of the mandatory columns that it lacks. */
export function readHeader(cells: readonly string[]): Header | { readonly missing: readonly string[] } {
  const titles = cells.map((cell) => cell.trim().toLowerCase());
  const places = new Map<Column, number>();
  for (const [column, names] of Object.entries(NAMES)) {
    const place = names.map((name) => titles.indexOf(name.toLowerCase())).find((index) => index >= 0);
    if (place !== undefined) places.set(column as Column, place);
  }
  const missing = MANDATORY.filter((column) => !places.has(column)).map((column) => NAMES[column][0]);
  if (missing.length > 0) return { missing };
  const read = new Set(places.values());
  const unread = new Map([...cells.entries()].filter(([place]) => !read.has(place)));
  return { places, width: cells.length, isOwn: places.has('currency'), unread };
}

/** The unread columns of a row that say something. */
export function unreadValues(header: Header, cells: readonly string[]): string[] {
  return [...header.unread]
    .filter(([place]) => !SILENT.has((cells[place] ?? '').trim().toLowerCase()))
    .map(([, name]) => name);
}

export function columnName(column: Column): string {
  return NAMES[column][0];
}
