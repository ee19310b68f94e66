/** What an export is asked for, and what comes of it. */

import { type Static, t } from 'elysia';
import { closedObject, pageQuery, queryInteger, Uuid } from '#origin/http/schemas.ts';

export const MAX_PRODUCTS = 5_000;

export const ExportQuery = closedObject({
  seller: t.Optional(t.String({ ...Uuid, description: 'For admins: the products of this seller only.' })),
  limit: t.Optional(queryInteger(1, MAX_PRODUCTS, `Products in the file; ${MAX_PRODUCTS} if not given.`)),
  cursor: t.Optional({ ...pageQuery.cursor, description: 'From the `Link` of the file before.' }),
});
export type ExportQuery = Static<typeof ExportQuery>;

export const ProductCsv = t.String({
  examples: [
    'Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,' +
      'Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,' +
      'Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,' +
      'Image Alt Text,Variant Image,Status,Hotshelf Publish At,Hotshelf Currency\n' +
      'camp-stool,Camp Stool,<p>Folds.</p>,Northfold,Outdoor/Camping,camping,true,Title,Default Title,,,,,STOOL-1,' +
      '900,25,29.99,,true,true,,,,,,active,,USD\n',
  ],
});
