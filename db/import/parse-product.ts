/**
 * Reads a product from its rows. A bad first row costs the product, for it names it; any other bad row costs what
 * it adds. Each refused row is reported once, with its first fault.
 */

import { separated } from '#db/export/escape.ts';
import { isUuid } from '#lib/ids.ts';
import type { Currency } from '#lib/money.ts';
import { columnName } from './columns.ts';
import { Fault, given, text, yesOrNo } from './fields.ts';
import type { Group } from './groups.ts';
import { isHandle, MAX_HANDLE_CHARACTERS } from './handle.ts';
import { sanitizeHtml } from './html.ts';
import { isVariantRow, parseVariant, readOptionNames } from './parse-variant.ts';
import { cell, hasColumn, type Refusal, type Row } from './rows.ts';
import type { WantedImage, WantedProduct, WantedVariant } from './wanted.ts';

const MAX_TITLE_CHARACTERS = 500;
const MAX_VENDOR_CHARACTERS = 255;
const MAX_BODY_CHARACTERS = 200_000;
const MAX_TAGS_CHARACTERS = 20_000;
const MAX_CATEGORY_CHARACTERS = 500;
/** A file of ours has separators and blanks in names and tags escaped: it may hold whatever the shop does. */
const ROOM_FOR_ESCAPES = 4;
const MAX_CATEGORY_DEPTH = 8;
const MAX_URL_CHARACTERS = 2_048;
const MAX_ALT_CHARACTERS = 512;
const MAX_IMAGES = 250;

/** A picture that the shop serves itself: in a file of its own only, for elsewhere it would name nothing. */
const OWN_PICTURE = /^\/media\/[\w.-]+$/;
const STATUSES = new Set(['', 'active', 'draft', 'archived', 'unlisted']);

type Head = Omit<WantedProduct, 'variants' | 'images' | 'incomplete'>;

export function parseProduct(
  { rows, isIncomplete }: Group,
  shopCurrency: Currency,
  refuse: (refusal: Refusal) => void,
): WantedProduct | null {
  const [first] = rows;
  if (first === undefined) return null;
  const refuseRow = ({ file, line }: Row, reason: string): void => refuse({ file, line, reason });
  const head = attempt(
    () => readHead(first, shopCurrency),
    (reason) => refuseRow(first, `${reason}; the product is left out`),
  );
  if (head === undefined) {
    for (const row of rows.slice(1)) refuseRow(row, 'the first row of its product is refused');
    return null;
  }
  const { variants, firstFailed, refused } = readVariants(rows, head, refuseRow);
  if (firstFailed || variants.length === 0) return null;
  const images = hasColumn(first, 'imageUrl') ? readImages(rows, refuseRow) : undefined;
  return { ...head, variants, images, incomplete: isIncomplete || refused > 0 };
}

function readHead(row: Row, shopCurrency: Currency): Head {
  const slug = text(row, 'handle', MAX_HANDLE_CHARACTERS).toLowerCase();
  if (!isHandle(slug)) throw new Fault(`Handle '${slug.slice(0, 80)}' is not letters, digits and dashes`);
  // It would never be looked up as a slug.
  if (isUuid(slug)) throw new Fault(`Handle '${slug}' looks like an id`);
  const name = text(row, 'title', MAX_TITLE_CHARACTERS);
  if (name === '') throw new Fault('Title is missing');
  return {
    at: { file: row.file, line: row.line },
    slug,
    name,
    currency: readCurrency(row, shopCurrency),
    given: {
      ...given(row, 'vendor', { vendor: () => text(row, 'vendor', MAX_VENDOR_CHARACTERS) }),
      ...given(row, 'body', { descriptionHtml: () => readBody(row) }),
      ...given(row, 'tags', { tags: () => readTags(row) }),
    },
    categoryPath: readCategoryPath(row),
    optionNames: readOptionNames(row),
    ...readPublication(row),
  };
}

/** A product's own price in another would stand in no list. */
function readCurrency(row: Row, shopCurrency: Currency): Currency {
  const code = cell(row, 'currency');
  if (code !== '' && code !== shopCurrency)
    throw new Fault(
      `${columnName('currency')} '${code.slice(0, 40)}' is not the shop's, which is ${shopCurrency}`,
    );
  return shopCurrency;
}

/** What is left of it is no longer either: an export of it can be imported. */
function readBody(row: Row): string {
  const html = sanitizeHtml(text(row, 'body', MAX_BODY_CHARACTERS));
  if (html.length <= MAX_BODY_CHARACTERS) return html;
  throw new Fault(`${columnName('body')} is longer than ${MAX_BODY_CHARACTERS} characters`);
}

/** 'Men/Tops/Shirts' of the shop's own Type, else 'Apparel > Clothing > Shirts' of Shopify's Product Category. */
function readCategoryPath(row: Row): string[] | undefined {
  if (!hasColumn(row, 'type') && !hasColumn(row, 'category')) return undefined;
  const type = text(row, 'type', withEscapes(row, MAX_CATEGORY_CHARACTERS));
  const names =
    type === ''
      ? parts(text(row, 'category', MAX_CATEGORY_CHARACTERS), '>')
      : row.header.isOwn
        ? separated(type, '/')
        : parts(type, '/');
  if (names.length > MAX_CATEGORY_DEPTH) throw new Fault(`Type is deeper than ${MAX_CATEGORY_DEPTH} levels`);
  return names;
}

function readPublication(row: Row): Pick<WantedProduct, 'status' | 'publishAt'> {
  const status = cell(row, 'status').toLowerCase();
  if (!STATUSES.has(status)) throw new Fault(`Status '${status.slice(0, 40)}' is not known`);
  const isPublished = yesOrNo(row, 'published', true);
  const publishAt = readPublishAt(row);
  if (status === 'archived' || status === 'unlisted') return { status: 'withdrawn', publishAt: null };
  if (publishAt !== null) return { status: 'scheduled', publishAt };
  return { status: isPublished && status !== 'draft' ? 'published' : 'draft', publishAt };
}

function readPublishAt(row: Row): Date | null {
  const written = cell(row, 'publishAt');
  if (written === '') return null;
  const time = Date.parse(written);
  if (Number.isNaN(time)) throw new Fault(`${columnName('publishAt')} '${written.slice(0, 40)}' is no time`);
  return new Date(time);
}

function readTags(row: Row): string[] {
  const written = text(row, 'tags', withEscapes(row, MAX_TAGS_CHARACTERS));
  return row.header.isOwn ? separated(written, ',') : [...new Set(parts(written, ','))];
}

function withEscapes({ header }: Row, maxCharacters: number): number {
  return header.isOwn ? maxCharacters * ROOM_FOR_ESCAPES : maxCharacters;
}

function parts(text: string, separator: string): string[] {
  const trimmed = text.split(separator).map((part) => part.trim());
  return trimmed.filter((part) => part !== '');
}

function readVariants(
  rows: readonly Row[],
  { currency, optionNames }: Head,
  refuseRow: (row: Row, reason: string) => void,
) {
  const variants: WantedVariant[] = [];
  const taken: Taken = { skus: new Map(), options: new Map() };
  let refused = 0;
  let position = 0;
  for (const [index, row] of rows.entries()) {
    if (index > 0 && !isVariantRow(row)) {
      if (cell(row, 'imageUrl') !== '') continue;
      refuseRow(row, 'has neither a variant nor an image');
      refused += 1;
      continue;
    }
    position += 1;
    const context = { currency, optionNames, position };
    const variant = attempt(
      () => unlikeOthers(parseVariant(row, context), taken),
      (reason) => refuseRow(row, index === 0 ? `${reason}; the product is left out` : reason),
    );
    if (variant !== undefined) variants.push(variant);
    else if (index === 0) {
      for (const other of rows.slice(1)) refuseRow(other, 'the first row of its product is refused');
      return { variants, firstFailed: true, refused: rows.length };
    } else refused += 1;
  }
  return { variants, firstFailed: false, refused };
}

/** The lines that variants of this product were read from, by what must be theirs alone. */
interface Taken {
  readonly skus: Map<string, number>;
  readonly options: Map<string, number>;
}

function unlikeOthers(variant: WantedVariant, { skus, options }: Taken): WantedVariant {
  const { sku } = variant.given;
  const combination = JSON.stringify(variant.optionValues);
  const sameSku = sku ? skus.get(sku) : undefined;
  if (sameSku !== undefined) throw new Fault(`Variant SKU '${sku}' is already in line ${sameSku}`);
  const sameOptions = options.get(combination);
  if (sameOptions !== undefined) {
    const named = variant.optionValues.join(' / ') || 'without options';
    throw new Fault(`the variant ${named} is already in line ${sameOptions}`);
  }
  if (sku) skus.set(sku, variant.at.line);
  options.set(combination, variant.at.line);
  return variant;
}

function readImages(rows: readonly Row[], refuseRow: (row: Row, reason: string) => void): WantedImage[] {
  const images: { image: WantedImage; position: number }[] = [];
  for (const row of rows.filter((candidate) => cell(candidate, 'imageUrl') !== '')) {
    const image = attempt(
      () => {
        if (images.length >= MAX_IMAGES) throw new Fault(`the product has more than ${MAX_IMAGES} images`);
        return readImage(row);
      },
      (reason) => refuseRow(row, reason),
    );
    if (image !== undefined) images.push(image);
  }
  const known = new Set(images.map(({ image }) => image.url));
  const sorted = images.toSorted((one, other) => one.position - other.position).map(({ image }) => image);
  return [...sorted, ...variantImages(rows, known, refuseRow)];
}

function readImage(row: Row): { image: WantedImage; position: number } {
  const position = cell(row, 'imagePosition');
  if (!/^\d{0,9}$/.test(position))
    throw new Fault(`Image Position '${position.slice(0, 40)}' is no whole number`);
  return {
    image: {
      url: imageUrl(row, 'imageUrl'),
      alt: hasColumn(row, 'imageAlt') ? text(row, 'imageAlt', MAX_ALT_CHARACTERS) : undefined,
    },
    position: position === '' ? Number.MAX_SAFE_INTEGER : Number(position),
  };
}

/** Pictures of variants that no image row lists come last. */
function variantImages(
  rows: readonly Row[],
  known: Set<string>,
  refuseRow: (row: Row, reason: string) => void,
): WantedImage[] {
  const images: WantedImage[] = [];
  for (const row of rows) {
    const url = cell(row, 'variantImage');
    if (url === '' || known.has(url)) continue;
    known.add(url);
    const valid = attempt(
      () => imageUrl(row, 'variantImage'),
      (reason) => refuseRow(row, reason),
    );
    if (valid !== undefined) images.push({ url: valid, alt: hasColumn(row, 'imageAlt') ? '' : undefined });
  }
  return images;
}

function imageUrl(row: Row, column: 'imageUrl' | 'variantImage'): string {
  const url = text(row, column, MAX_URL_CHARACTERS);
  const isOurs = row.header.isOwn && OWN_PICTURE.test(url);
  if (!isOurs && !(URL.canParse(url) && /^https?:\/\//i.test(url)))
    throw new Fault(`${columnName(column)} '${url.slice(0, 80)}' is no http or https address`);
  return url;
}

function attempt<T>(read: () => T, refuse: (reason: string) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    refuse(error.message);
    return undefined;
  }
}
