/** `npm run import -- FILE...`: imports Shopify product exports. See --help. */

import { type Command, HELP, parseCommand } from './command-line.ts';
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
  const progress = showProgress({
    isTerminal: process.stderr.isTTY === true,
    write: (text) => process.stderr.write(text),
    nowMs: () => performance.now(),
  });
  try {
    const summary = await importFiles(databaseUrl, files, options, {
      refused: ({ file, line, reason }) => {
        progress.clear();
        console.error(`${file}:${line}: ${reason}`);
      },
      progress: (sofar) => progress.update(sofar),
    });
    progress.clear();
    console.log(outcome(summary, options.dryRun));
    for (const line of describeSummary(summary, (performance.now() - startedAt) / 1_000)) console.log(line);
    return summary.refused > 0 ? 1 : 0;
  } catch (error) {
    progress.clear();
    console.error(
      error instanceof FileError || error instanceof ImportError ? error.message : failure(error),
    );
    return error instanceof FileError ? 2 : 1;
  }
}

function outcome(summary: ImportSummary, dryRun: boolean): string {
  if (!dryRun && !summary.written)
    return 'import: refused as a whole, nothing is written; it would have been';
  if (changesNothing(summary)) return 'import: nothing to change';
  return dryRun ? 'import: a dry run, nothing is written; it would be' : 'import: done';
}

/** The innermost cause says what happened; the outer ones repeat the statement with all its values. */
function failure(error: unknown): string {
  if (!(error instanceof Error)) return `import: failed: ${String(error)}`;
  if (error.cause !== undefined) return failure(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED' || code === 'CONNECT_TIMEOUT')
    return 'import: failed: the database does not answer';
  return `import: failed: ${error.message || code}`;
}

process.exit(await main());
