/** What an import did, or would have done. */

export interface ImportSummary {
  rows: number;
  /** Reported rows. */
  refused: number;
  readonly products: { created: number; changed: number; unchanged: number };
  readonly variants: { created: number; changed: number; unchanged: number; withdrawn: number };
  readonly categories: { created: number };
  images: number;
  stockChanges: number;
  /** Products imported as withdrawn, for the file says that they are not for sale. */
  notOnSale: number;
  /** Variants whose picture another variant of the product has already. */
  sharedPictures: number;
  readonly unreadColumns: Set<string>;
  /** False for a dry run and for a strict one that refused a row. */
  written: boolean;
}

export function emptySummary(): ImportSummary {
  return {
    rows: 0,
    refused: 0,
    products: { created: 0, changed: 0, unchanged: 0 },
    variants: { created: 0, changed: 0, unchanged: 0, withdrawn: 0 },
    categories: { created: 0 },
    images: 0,
    stockChanges: 0,
    notOnSale: 0,
    sharedPictures: 0,
    unreadColumns: new Set(),
    written: false,
  };
}

export function changesNothing({ products }: ImportSummary): boolean {
  return products.created + products.changed === 0;
}

/** For people: a table of counts, then what is worth knowing. */
export function describeSummary(summary: ImportSummary, seconds: number): string[] {
  const { products, variants } = summary;
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  const rows: readonly (readonly [string, string])[] = [
    ['rows read', String(summary.rows)],
    ['rows refused', String(summary.refused)],
    ['products', `${sum(products)}: ${listed({ ...products })}`],
    ['variants', `${sum(variants)}: ${listed({ ...variants })}`],
    ['images', `${summary.images} in the files' products`],
    ['categories', listed({ ...summary.categories })],
    ['stock', `${summary.stockChanges} changed`],
    ['time', `${seconds.toFixed(1)} s`],
  ];
  return [...rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`), ...notes(summary)];
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function notes({ notOnSale, sharedPictures, unreadColumns }: ImportSummary): string[] {
  return [
    ...(notOnSale > 0
      ? [`note: ${notOnSale} products are not published or not active: imported, and not on sale`]
      : []),
    ...(sharedPictures > 0
      ? [`note: ${sharedPictures} variants share a picture with another: it is linked to the first`]
      : []),
    ...(unreadColumns.size > 0
      ? [`note: the shop has no place for what these columns say: ${[...unreadColumns].join(', ')}`]
      : []),
  ];
}
