/** What `npm run import` is asked to do. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SHOP_CURRENCY } from '#lib/money.ts';
import type { SourceFile } from './rows.ts';
import type { ImportOptions } from './run.ts';

export const HELP = `Imports Shopify product exports (CSV) into the shop.

  npm run import -- [options] FILE...

  --dry-run        say what would happen and write nothing
  --strict         write nothing unless every row of every file is good
  --stock keep     the file's quantities count for new variants only (the default): what orders have sold since
                   the export is not put back by importing it again
  --stock set      the file's quantities overwrite what is on hand, never below what orders have reserved
  --currency CODE  the currency of the prices: the shop's own (USD), for those in others go into its price lists
  --help           this text

A product is known by its handle, a variant by its SKU or, without one, by its options. Importing a file again
changes nothing. A variant that is gone from its product's rows is withdrawn; a product that is not in the files
stays as it is. Products that are not published, and drafts, are
imported as drafts; archived and unlisted ones as withdrawn.

A bad row is reported as file:line: reason and the rest is imported. A bad first row costs its product; another
bad row costs its variant or image, and then no variant of that product is withdrawn, nor of one that a row next to
it may belong to. The rows of a product stand together: where they do not, the first ones are imported, the others
are refused, and no variant of it is withdrawn.

The database is that of DATABASE_URL, else of the shop that 'npm start' runs. File names start from the folder
that you are in. One import runs at a time; a second one waits for the first.

Exit code: 0 when all went well, 1 when a row was refused or the import failed, 2 when the call is wrong.`;

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'import'; readonly files: readonly SourceFile[]; readonly options: ImportOptions };

/** npm changes to the package's folder and leaves in INIT_CWD where the user was. */
export function parseCommand(args: readonly string[], folder: string): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        'dry-run': { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        stock: { type: 'string', default: 'keep' },
        currency: { type: 'string', default: SHOP_CURRENCY },
      },
    });
    if (values.help) return { kind: 'help' };
    if (positionals.length === 0) return { kind: 'wrong', reason: 'Name at least one file.' };
    const { stock, currency: code } = values;
    if (stock !== 'keep' && stock !== 'set') return { kind: 'wrong', reason: '--stock is keep or set.' };
    if (code !== SHOP_CURRENCY)
      return { kind: 'wrong', reason: `--currency is ${SHOP_CURRENCY}, the shop's own.` };
    return {
      kind: 'import',
      files: positionals.map((name) => ({ name, path: resolve(folder, name) })),
      options: {
        dryRun: values['dry-run'],
        strict: values.strict,
        stockMode: stock,
        currency: SHOP_CURRENCY,
      },
    };
  } catch (error) {
    return { kind: 'wrong', reason: error instanceof Error ? error.message : String(error) };
  }
}
