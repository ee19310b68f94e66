/** Seals what an older key has sealed again under the current one, a batch at a time, while the shop is open. */

import type postgres from 'postgres';
import { type FieldCipher, SealBroken } from './field-cipher.ts';
import { PERSONAL_FIELDS, type PersonalField, type PersonalFieldName } from './personal-fields.ts';

export interface Rotation {
  readonly field: PersonalFieldName;
  /** Values under the current key now that were not before. */
  readonly sealed: number;
  /** Values that no key opens: they stay as they are. */
  readonly broken: readonly string[];
}

interface SealedRow {
  readonly id: string;
  readonly value: Buffer;
}

const BATCH = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** A run that was cut off is simply begun again: what it has done is not done twice. */
export async function rotateField(
  sql: postgres.Sql,
  cipher: FieldCipher,
  field: PersonalFieldName,
  onProgress: (sealed: number) => void = () => {},
): Promise<Rotation> {
  let sealed = 0;
  const broken: string[] = [];
  let after = BEFORE_ALL;
  for (;;) {
    const rows = await nextRows(sql, { cipher, field, after });
    const last = rows.at(-1);
    if (last === undefined) return { field, sealed, broken };
    for (const row of rows) {
      const text = openOrNull(cipher, field, row);
      if (text === null) broken.push(row.id);
      else sealed += await replace(sql, cipher, { field, row, text });
    }
    onProgress(sealed);
    after = last.id;
  }
}

function nextRows(
  sql: postgres.Sql,
  {
    cipher,
    field,
    after,
  }: { readonly cipher: FieldCipher; readonly field: PersonalFieldName; readonly after: string },
): Promise<SealedRow[]> {
  const { table, column, idColumn } = PERSONAL_FIELDS[field];
  const prefix = Buffer.from(cipher.currentPrefix);
  return sql<SealedRow[]>`
    select ${sql(idColumn)} as id, ${sql(column)} as value from ${sql(table)}
     where ${sql(idColumn)} > ${after}::uuid and substring(${sql(column)} from 1 for ${prefix.length}) <> ${prefix}
     order by ${sql(idColumn)} limit ${BATCH}`;
}

function openOrNull(cipher: FieldCipher, field: PersonalFieldName, { id, value }: SealedRow): string | null {
  try {
    return cipher.open(field, id, value);
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

interface Opened {
  readonly field: PersonalFieldName;
  readonly row: SealedRow;
  readonly text: string;
}

/** With its blind index, if it has one; unless the shop has written the field meanwhile. @returns how many rows it changed: one or none */
async function replace(
  sql: postgres.Sql,
  cipher: FieldCipher,
  { field, row: { id, value }, text }: Opened,
): Promise<number> {
  const { table, column, idColumn, indexColumn }: PersonalField = PERSONAL_FIELDS[field];
  const renewed = {
    [column]: Buffer.from(cipher.seal(field, id, text)),
    ...(indexColumn === undefined ? {} : { [indexColumn]: Buffer.from(cipher.indexesOf(field, text)[0]) }),
  };
  const { count } = await sql`
    update ${sql(table)} set ${sql(renewed)}
     where ${sql(idColumn)} = ${id}::uuid and ${sql(column)} = ${value}`;
  return count;
}
