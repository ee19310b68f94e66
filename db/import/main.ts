/** `npm run import -- FILE...`: imports Shopify product exports. See --help. */

import { type Command, HELP, parseCommand } from './command-line.ts';
import { describeFailure } from './failure.ts';
import { ImportError, importFiles } from './import-files.ts';
import { showProgress } from './progress.ts';
import { FileError } from './rows.ts';
import { runningShopDatabase } from './running-shop.ts';
import { changesNothing, describeSummary, type ImportSummary } from './summary.ts';

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
  switch (command.kind) {
    case 'help':
      console.log(HELP);
      return 0;
    case 'wrong':
      console.error(`${command.reason}\nTry --help.`);
      return 2;
    case 'import':
      return await run(command);
  }
}

async function run({ files, options }: Extract<Command, { kind: 'import' }>): Promise<number> {
  const databaseUrl = process.env['DATABASE_URL'] || (await runningShopDatabase());
  if (databaseUrl === undefined) {
    console.error("There is no DATABASE_URL and no running shop: 'npm start' first.");
    return 2;
  }
  const startedAt = performance.now();
  const progress = showProgress();
  try {
    const summary = await importFiles(databaseUrl, files, options, {
      refused: ({ file, line, reason }) => {
        progress.clear();
        console.error(`${file}:${line}: ${reason}`);
      },
      progress: (summary) => progress.update(describeProgress(summary)),
    });
    progress.clear();
    console.log(outcome(summary, options.dryRun));
    for (const line of describeSummary(summary, (performance.now() - startedAt) / 1_000)) console.log(line);
    return summary.refused > 0 ? 1 : 0;
  } catch (error) {
    progress.clear();
    console.error(
      error instanceof FileError || error instanceof ImportError
        ? error.message
        : `import: failed: ${describeFailure(error)}`,
    );
    return error instanceof FileError ? 2 : 1;
  }
}

function describeProgress({ rows, products, refused }: ImportSummary): string {
  const count = products.created + products.changed + products.unchanged;
  return `import: ${rows} rows, ${count} products, ${refused} refused`;
}

function outcome(summary: ImportSummary, dryRun: boolean): string {
  if (!dryRun && !summary.written)
    return 'import: refused as a whole, nothing is written; it would have been';
  if (changesNothing(summary)) return 'import: nothing to change';
  return dryRun ? 'import: a dry run, nothing is written; it would be' : 'import: done';
}

process.exit(await main());
