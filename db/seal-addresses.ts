/** Seals the addresses of a database that held them in the clear, as the last part of its migration. */

import type postgres from 'postgres';
import { ConfigError } from '#lib/config.ts';
import { createFieldCipher, type FieldKeys } from './field-cipher.ts';
import { type LockPatience, whenTablesAreFree } from './table-locks.ts';

const STEP = 'sealing addresses';
const BATCH = 1_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

interface ClearRow {
  readonly id: string;
  readonly address: string;
}

/**
 * A run that was cut off goes on where it was. Ends with the column of clear text gone, and none of it in the table.
 * @throws {ConfigError} when there are addresses to seal and no key
 */
export async function sealAddresses(
  sql: postgres.Sql,
  keys: FieldKeys | undefined,
  patience: LockPatience,
): Promise<void> {
  const [column] = await sql`
    select from information_schema.columns
     where table_schema = 'public' and table_name = 'orders' and column_name = 'shipping_address_in_clear'`;
  if (column === undefined) return;
  let after = BEFORE_ALL;
  for (;;) {
    const rows = await nextRows(sql, after);
    const last = rows.at(-1);
    if (last === undefined) break;
    if (keys === undefined) throw new ConfigError('The environment variable FIELD_KEY is missing.');
    await whenTablesAreFree(STEP, patience, () => seal(sql, keys, rows));
    after = last.id;
  }
  await whenTablesAreFree(STEP, patience, () =>
    sql.begin(async (tx) => {
      await tx`alter table orders alter column shipping_address set not null`;
      await tx`alter table orders drop column shipping_address_in_clear`;
    }),
  );
  // Written anew where there was something: what was in the clear would else lie in the table's file for long.
  if (after !== BEFORE_ALL) await whenTablesAreFree(STEP, patience, () => sql`vacuum full orders`);
}

function nextRows(sql: postgres.Sql, after: string): Promise<ClearRow[]> {
  return sql<ClearRow[]>`
    select id, shipping_address_in_clear::text as address from orders
     where shipping_address is null and id > ${after}::uuid order by id limit ${BATCH}`;
}

async function seal(sql: postgres.Sql, keys: FieldKeys, rows: readonly ClearRow[]): Promise<void> {
  const cipher = createFieldCipher(keys);
  const sealed = rows.map(({ id, address }) => ({
    id,
    hex: Buffer.from(cipher.seal('shippingAddress', id, address)).toString('hex'),
  }));
  await sql`
    update orders set shipping_address = decode(sealed.hex, 'hex'), shipping_address_in_clear = null
      from json_to_recordset(${JSON.stringify(sealed)}::text::json) as sealed(id uuid, hex text)
     where orders.id = sealed.id`;
}
