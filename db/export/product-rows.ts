/** A product as rows of Shopify's product file: variants and images side by side, the product's own fields in the first. */

import { type Column, columnName } from '#db/import/columns.ts';
import { formatDecimal, type Minor } from '#lib/money.ts';
import { guarded, joined } from './escape.ts';
import type { ExportedImage, ExportedProduct, ExportedVariant } from './read-products.ts';

/** In Shopify's order; the last two are ours, and tell the import how texts are written. */
const COLUMNS: readonly Column[] = [
  ...(['handle', 'title', 'body', 'vendor', 'type', 'tags', 'published'] as const),
  ...(['option1Name', 'option1Value', 'option2Name', 'option2Value', 'option3Name', 'option3Value'] as const),
  ...(['sku', 'grams', 'quantity', 'price', 'compareAt', 'requiresShipping', 'taxable', 'barcode'] as const),
  ...(['imageUrl', 'imagePosition', 'imageAlt', 'variantImage', 'status', 'publishAt', 'currency'] as const),
];

const OPTIONS = [
  ['option1Name', 'option1Value'],
  ['option2Name', 'option2Value'],
  ['option3Name', 'option3Value'],
] as const satisfies readonly (readonly [Column, Column])[];

/** What Shopify writes for a product without options. */
const NO_OPTION = { name: 'Title', value: 'Default Title' } as const;

/** Shopify knows no schedule: that is in a column of ours. */
const STATUS = { published: 'active', draft: 'draft', scheduled: 'draft', withdrawn: 'archived' } as const;

type Cells = { readonly [column in Column]?: string };

export const HEADER_LINE = line(COLUMNS.map(columnName));

/** @param categoryPath the names from the top down to the product's category */
export function productLines(product: ExportedProduct, categoryPath: readonly string[]): string {
  const { slug, variants, images } = product;
  const rows = Math.max(variants.length, images.length);
  return Array.from({ length: rows }, (_, index) => {
    const cells: Cells = {
      handle: guarded(slug),
      ...(index === 0 ? productCells(product, categoryPath) : {}),
      ...variantCells(product, variants[index]),
      ...imageCells(images[index], index),
    };
    return line(COLUMNS.map((column) => cells[column] ?? ''));
  }).join('');
}

function productCells(product: ExportedProduct, categoryPath: readonly string[]): Cells {
  const { optionNames, status, publishAt } = product;
  const names = OPTIONS.map(([column], index) => [column, optionName(optionNames[index])]);
  return {
    title: guarded(product.name),
    body: guarded(product.descriptionHtml),
    vendor: guarded(product.vendor),
    type: guarded(joined(categoryPath, '/')),
    tags: guarded(joined(product.tags, ',')),
    ...Object.fromEntries(names),
    ...(optionNames.length === 0 ? { option1Name: NO_OPTION.name } : {}),
    published: String(status === 'published'),
    status: STATUS[status],
    publishAt: publishAt?.toISOString() ?? '',
    currency: product.currency,
  };
}

/** An option that is called as Shopify calls none is told apart by an apostrophe. */
function optionName(name = ''): string {
  return name === NO_OPTION.name ? `'${name}` : guarded(name);
}

function variantCells(product: ExportedProduct, variant: ExportedVariant | undefined): Cells {
  if (variant === undefined) return {};
  const { optionNames, currency } = product;
  const price = (amount: Minor) => formatDecimal(amount, currency);
  const values = OPTIONS.map(([, column], index) => [column, guarded(variant.optionValues[index] ?? '')]);
  return {
    ...Object.fromEntries(values),
    ...(optionNames.length === 0 ? { option1Value: NO_OPTION.value } : {}),
    sku: guarded(variant.sku ?? ''),
    grams: String(variant.grams ?? ''),
    quantity: String(variant.onHand),
    price: price(variant.priceMinor),
    compareAt: variant.compareAtMinor === null ? '' : price(variant.compareAtMinor),
    requiresShipping: String(variant.requiresShipping),
    taxable: String(variant.taxable),
    barcode: guarded(variant.barcode ?? ''),
    variantImage: guarded(variant.imageUrl ?? ''),
  };
}

function imageCells(image: ExportedImage | undefined, index: number): Cells {
  if (image === undefined) return {};
  return { imageUrl: guarded(image.url), imagePosition: String(index + 1), imageAlt: guarded(image.alt) };
}

/** RFC 4180, with line feeds between the rows as Shopify has them. */
function line(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`;
}
