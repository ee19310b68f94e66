/** `bun db/seed/main.ts`: stocks an empty shop with the demo catalogue. DATABASE_URL names the database. */

import { parseArgs } from 'node:util';
import { connect } from '#db/client.ts';
import { seedShop } from './seed.ts';

const HELP = `Stocks an empty shop with the demo catalogue and the demo accounts.

  bun db/seed/main.ts [--demo-accounts | --no-demo-accounts]

  --demo-accounts     write the demo accounts even where NODE_ENV is production; their passwords are public
  --no-demo-accounts  write the catalogue only
  --help              this text

DATABASE_URL names the database. A shop that has products is left as it is.
Exit code: 0 when seeded or already stocked, 1 when that failed, 2 when the call is wrong.`;

const STATEMENT_TIMEOUT_MS = 60_000;

async function main(): Promise<number> {
  const wanted = readArguments();
  if (wanted === 'help') {
    console.log(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    console.error(`${wanted}\nTry --help.`);
    return 2;
  }
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) {
    console.error('The environment variable DATABASE_URL is missing.');
    return 2;
  }
  const startedAt = performance.now();
  const { db, close } = connect(databaseUrl, {
    applicationName: 'hotshelf-seed',
    maxConnections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const outcome = await seedShop(db, {
      accounts: wanted.accounts,
      progress: (step) => console.log(`seed: ${step}`),
    });
    if (outcome.kind === 'already-stocked') console.log('seed: the shop has products already, nothing to do');
    else {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      const { products, variants, accounts } = outcome;
      console.log(`seed: ${products} products, ${variants} variants, ${accounts} accounts in ${seconds} s`);
    }
    return 0;
  } catch (error) {
    console.error(`seed: failed: ${reasonOf(error)}`);
    return 1;
  } finally {
    await close();
  }
}

function readArguments(): 'help' | { accounts: boolean } | string {
  try {
    const { values } = parseArgs({
      allowNegative: true,
      options: { help: { type: 'boolean' }, 'demo-accounts': { type: 'boolean' } },
    });
    if (values.help) return 'help';
    return { accounts: values['demo-accounts'] ?? process.env['NODE_ENV'] !== 'production' };
  } catch (error) {
    return reasonOf(error);
  }
}

/** The innermost cause says what happened; the outer ones repeat the statement with its thousands of values. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

process.exit(await main());
