/** What `npm run export` is asked to do. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isUuid, type UserId } from '#lib/ids.ts';

export const HELP = `Exports the shop's products as a Shopify product file (CSV) that 'npm run import' reads.

  npm run export -- [options] FILE

  --seller ID      the products of this seller only
  --help           this text

Imported into an empty shop, the file makes a shop whose export is the same to the byte; imported into the shop that
it came from, it changes nothing. Products that were taken off sale for good are left out. The last two columns,
'Hotshelf Publish At' and 'Hotshelf Currency', are not Shopify's. They tell the import how texts are written: one that a spreadsheet would take for
a formula, or that begins or ends with a blank, stands after an apostrophe; in Tags and Type, a comma, a slash or a
backslash that belongs to a name stands after a backslash.

The database is that of DATABASE_URL, else of the shop that 'npm start' runs. File names start from the folder
that you are in. FILE appears once it is whole; the shop stays open, and is exported as it was at one moment.

Exit code: 0 when all went well, 1 when the export failed, 2 when the call is wrong.`;

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string }
  | {
      readonly kind: 'export';
      readonly name: string;
      readonly path: string;
      readonly sellerId: UserId | undefined;
    };

/** npm changes to the package's folder and leaves in INIT_CWD where the user was. */
export function parseCommand(args: readonly string[], folder: string): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, seller: { type: 'string' } },
    });
    if (values.help) return { kind: 'help' };
    const [name, ...others] = positionals;
    if (name === undefined || others.length > 0) return { kind: 'wrong', reason: 'Name one file.' };
    const { seller } = values;
    if (seller !== undefined && !isUuid(seller)) return { kind: 'wrong', reason: '--seller is an id.' };
    return {
      kind: 'export',
      name,
      path: resolve(folder, name),
      sellerId: seller === undefined ? undefined : (seller as UserId),
    };
  } catch (error) {
    return { kind: 'wrong', reason: error instanceof Error ? error.message : String(error) };
  }
}
