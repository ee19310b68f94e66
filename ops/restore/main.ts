/** `npm run restore`: a backup back into an empty database. See --help. */

import { parseArgs } from 'node:util';
import { fieldKeysOf } from '#db/migrate.ts';
import { restoreBackup } from '#ops/backup/backup.ts';
import { backupKey, ownSecrets, PLACES_HELP, storeOf, WrongCall } from '#ops/backup/places.ts';
import { BackupBroken } from '#ops/backup/sealed-stream.ts';
import { createDatabase } from '#ops/local/postgres.ts';
import { readRunningShop } from '#ops/local/running.ts';

const DEFAULT_DATABASE = 'restored';

const HELP = `Puts a backup back into an empty database; one that holds anything is left alone.

  npm run restore [-- NAME]      the newest one, unless a name says otherwise ('npm run backup -- --list')

  --from PLACE            where from
  --database-url URL      the database, as its owner; made if it is not there (else the database '${DEFAULT_DATABASE}' beside
                          that of the shop that 'npm start' runs)
  --help                  this text

${PLACES_HELP}

Then 'npm run audit -- --database-url URL' says whether the books are right, and 'npm run db:roles' gives the shop's
roles what they need. Exit code: 0 when all went well, 1 when the backup does not open, 2 when the call is wrong, the
database is not empty or something cannot be reached.`;

const WRONG = 2;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      from: { type: 'string' },
      'database-url': { type: 'string' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const [wanted, ...rest] = positionals;
  if (rest.length > 0) throw new WrongCall('One backup at a time.');
  const store = storeOf(values.from, process.env);
  const name = wanted ?? (await store.list())[0]?.name;
  if (name === undefined) throw new WrongCall(`There is no backup in ${store.place}.`);
  const named = values['database-url'];
  const key = await backupKey(process.env, named);
  const databaseUrl = await targetOf(named);
  await createDatabase(databaseUrl);
  const onProgress = (what: string) => console.error(`restore: ${what}`);
  const current = (await ownSecrets(named))?.fieldKey;
  const fieldKeys = fieldKeysOf(process.env) ?? (current === undefined ? undefined : { current });
  const restored = await restoreBackup({ store, name, key }, { databaseUrl, fieldKeys }, onProgress);
  const place = new URL(databaseUrl);
  console.log(`${name}: ${restored.tables} tables, ${restored.rows} rows, as of ${restored.head.takenAt}`);
  console.log(`restored into ${place.host}${place.pathname}`);
  return 0;
}

async function targetOf(given: string | undefined): Promise<string> {
  if (given !== undefined) {
    if (!URL.canParse(given)) throw new WrongCall('--database-url is not a URL.');
    return given;
  }
  const running = await readRunningShop();
  if (running === null) throw new WrongCall("Name a database with --database-url, or 'npm start' first.");
  const url = new URL(running.databaseUrl);
  url.pathname = `/${DEFAULT_DATABASE}`;
  return url.href;
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(`restore: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof BackupBroken ? 1 : WRONG;
  }),
);
