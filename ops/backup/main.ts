/** `npm run backup`: the whole database, sealed, to a folder or S3. See --help. */

import { parseArgs } from 'node:util';
import { readRunningShop } from '#ops/local/running.ts';
import { takeBackup, type Verified, verifyBackup } from './backup.ts';
import { backupKey, PLACES_HELP, storeOf, WrongCall } from './places.ts';
import { BackupBroken, backupKeyName } from './sealed-stream.ts';
import type { BackupStore } from './store.ts';

const DEFAULT_KEEP = '14';
const MAX_KEEP = 10_000;

const HELP = `Takes a backup of the whole database as it is at one moment, while the shop is open.

  npm run backup                           takes one, proves that it opens, and removes what is beyond the newest
  npm run backup -- --list                 the backups that are there, the newest first
  npm run backup -- --verify NAME|latest   reads one to its end, and changes nothing

  --to PLACE            where to
  --keep N              how many stay (${DEFAULT_KEEP})
  --database-url URL    the database, as the role hotshelf_backup, which reads all and changes nothing
                        (DATABASE_URL_BACKUP, or DATABASE_URL; else that of the shop that 'npm start' runs)
  --help                this text

${PLACES_HELP}

Exit code: 0 when all went well, 1 when a backup does not open, 2 when the call is wrong or something cannot be
reached.`;

const WRONG = 2;

function optionsOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      list: { type: 'boolean' },
      verify: { type: 'string' },
      to: { type: 'string' },
      keep: { type: 'string', default: DEFAULT_KEEP },
      'database-url': { type: 'string' },
    },
  }).values;
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options.help === true) {
    console.log(HELP);
    return 0;
  }
  const store = storeOf(options.to, process.env);
  if (options.list === true) return list(store);
  const given = process.env['DATABASE_URL_BACKUP'] || process.env['DATABASE_URL'] || undefined;
  const named = options['database-url'] ?? given;
  const key = await backupKey(process.env, named);
  if (options.verify !== undefined) return verify(store, await nameOf(store, options.verify), key);
  const keep = Number(options.keep);
  if (!/^\d+$/.test(options.keep) || keep < 1 || keep > MAX_KEEP) {
    throw new WrongCall(`--keep is a whole number from 1 to ${MAX_KEEP}.`);
  }
  const databaseUrl = named ?? (await readRunningShop())?.backupDatabaseUrl;
  if (!databaseUrl) throw new WrongCall("There is no DATABASE_URL and no running shop: 'npm start' first.");
  const onProgress = (what: string) => console.error(`backup: ${what}`);
  const { name, verified, removed } = await takeBackup({ databaseUrl, key, store }, { keep, onProgress });
  tell(store, { name, key, verified });
  for (const old of removed) console.log(`removed ${old}`);
  return 0;
}

async function list(store: BackupStore): Promise<number> {
  const backups = await store.list();
  for (const { name, bytes } of backups) console.log(`${name}  ${bytes.toLocaleString('en-US')} bytes`);
  console.log(`${backups.length} in ${store.place}`);
  return 0;
}

async function nameOf(store: BackupStore, wanted: string): Promise<string> {
  if (wanted !== 'latest') return wanted;
  const [newest] = await store.list();
  if (newest === undefined) throw new WrongCall(`There is no backup in ${store.place}.`);
  return newest.name;
}

async function verify(store: BackupStore, name: string, key: string): Promise<number> {
  tell(store, { name, key, verified: await verifyBackup(store, name, key) });
  return 0;
}

function tell(
  { place }: BackupStore,
  {
    name,
    key,
    verified: { head, tables, rows },
  }: { readonly name: string; readonly key: string; readonly verified: Verified },
): void {
  console.log(`${name} in ${place}, key ${backupKeyName(key)}`);
  console.log(`whole: ${tables} tables, ${rows} rows, taken ${head.takenAt}, at migration ${head.migration}`);
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(`backup: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof BackupBroken ? 1 : WRONG;
  }),
);
