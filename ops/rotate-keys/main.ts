/** `npm run rotate-keys`: seals every personal field under the current key. See --help. */

import { parseArgs } from 'node:util';
import { openSql } from '#db/client.ts';
import { createFieldCipher } from '#db/field-cipher.ts';
import { fieldKeysOf } from '#db/migrate.ts';
import { PERSONAL_FIELDS, type PersonalFieldName } from '#db/personal-fields.ts';
import { rotateField } from '#db/rotate-fields.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { readRunningShop } from '#ops/local/running.ts';
import { loadSecrets } from '#ops/local/secrets.ts';

const HELP = `Seals every personal field that an older key has sealed again under the current one. The shop may be open.

  npm run rotate-keys           with DATABASE_URL, FIELD_KEY and FIELD_KEY_PREVIOUS; without them, of the shop that
                                'npm start' runs
  npm run rotate-keys -- --help this text

How to change the key without a failed request:
  1. make one                   openssl rand -hex 32
  2. make it known              FIELD_KEY_PREVIOUS=NEW beside FIELD_KEY=OLD, and restart origins and workers in turn:
                                they open what either has sealed
  3. use it                     FIELD_KEY=NEW, FIELD_KEY_PREVIOUS=OLD, and restart them in turn
  4. npm run rotate-keys        as often as it takes; a run that was cut off goes on
  5. forget the old one         without FIELD_KEY_PREVIOUS, when this command finds nothing more to seal

Exit code: 0 when all is under the current key, 1 when something does not open, 2 when the call is wrong or the
database cannot be reached.`;

const DONE = 0;
const BROKEN = 1;
const WRONG = 2;
const MAX_SHOWN = 20;

async function rotateAll(
  databaseUrl: string,
  keys: NonNullable<ReturnType<typeof fieldKeysOf>>,
): Promise<number> {
  const cipher = createFieldCipher(keys);
  const sql = openSql(databaseUrl, { max: 1, onnotice: () => undefined });
  let isWhole = true;
  try {
    for (const field of Object.keys(PERSONAL_FIELDS) as PersonalFieldName[]) {
      const { table, column } = PERSONAL_FIELDS[field];
      const say = (count: number) => console.error(`rotate-keys: ${table}.${column}: ${count} sealed again`);
      const { sealed, broken } = await rotateField(sql, cipher, field, say);
      console.log(`${table}.${column}: ${sealed} sealed again, ${broken.length} that no key opens`);
      for (const id of broken.slice(0, MAX_SHOWN)) console.log(`  ${id}`);
      isWhole &&= broken.length === 0;
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
  return isWhole ? DONE : BROKEN;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    console.log(HELP);
    return DONE;
  }
  const running = process.env['DATABASE_URL'] ? null : await readRunningShop();
  const databaseUrl = process.env['DATABASE_URL'] || running?.databaseUrl;
  if (!databaseUrl) {
    console.error("rotate-keys: there is no DATABASE_URL and no running shop: 'npm start' first.");
    return WRONG;
  }
  const local = running === null ? undefined : { current: (await loadSecrets(LOCAL)).fieldKey };
  const keys = fieldKeysOf(process.env) ?? local;
  if (keys === undefined) {
    console.error('rotate-keys: the environment variable FIELD_KEY is missing.');
    return WRONG;
  }
  return rotateAll(databaseUrl, keys);
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(`rotate-keys: ${error instanceof Error ? error.message : String(error)}`);
    return WRONG;
  }),
);
