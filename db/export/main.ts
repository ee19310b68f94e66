/** `npm run export -- FILE`: exports the shop's products as a Shopify product file. See --help. */

import { describeFailure } from '#db/import/failure.ts';
import { showProgress } from '#db/import/progress.ts';
import { runningShopDatabase } from '#db/import/running-shop.ts';
import { type Command, HELP, parseCommand } from './command-line.ts';
import { exportFile } from './export-file.ts';

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
  switch (command.kind) {
    case 'help':
      console.log(HELP);
      return 0;
    case 'wrong':
      console.error(`${command.reason}\nTry --help.`);
      return 2;
    case 'export':
      return await run(command);
  }
}

async function run(command: Extract<Command, { kind: 'export' }>): Promise<number> {
  const databaseUrl = process.env['DATABASE_URL'] || (await runningShopDatabase());
  if (databaseUrl === undefined) {
    console.error("There is no DATABASE_URL and no running shop: 'npm start' first.");
    return 2;
  }
  const progress = showProgress();
  try {
    const products = await exportFile(databaseUrl, command, (count) =>
      progress.update(`export: ${count} products`),
    );
    progress.clear();
    console.log(`export: ${products} products in ${command.name}`);
    return 0;
  } catch (error) {
    progress.clear();
    console.error(`export: failed: ${describeFailure(error)}`);
    return 1;
  }
}

process.exit(await main());
