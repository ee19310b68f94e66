/** What a product says of itself, held against what its attributes are. */

import type { Transaction } from '#db/client.ts';
import { type AttributeKind, findDefinitions, replaceAttributes } from '#db/product-attributes.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { AttributeValue } from '#origin/attributes/service.ts';

interface Owner {
  readonly id: ProductId;
  readonly categoryId: CategoryId | null;
}

/** Replaces all of them. @throws {AppError} `invalid_input` */
export async function changeAttributes(
  tx: Transaction,
  { id, categoryId }: Owner,
  wanted: readonly AttributeValue[],
): Promise<void> {
  const keys = wanted.map(({ key }) => key);
  if (new Set(keys).size < keys.length) throw invalid('/attributes', 'must differ from each other');
  const definitions = await findDefinitions(tx, keys, categoryId);
  const values = wanted.map(({ key, value }, index) => {
    const definition = definitions.find((each) => each.key === key);
    if (definition === undefined) throw invalid(`/attributes/${index}/key`, 'is no attribute');
    if (!definition.applies) {
      throw invalid(`/attributes/${index}/key`, 'is no attribute of products of this category');
    }
    if (!fits(value, definition)) throw invalid(`/attributes/${index}/value`, EXPECTED[definition.kind]);
    return { key, value: String(value) };
  });
  await replaceAttributes(tx, id, values);
}

const EXPECTED: Readonly<Record<AttributeKind, string>> = {
  text: 'must be a text',
  number: 'must be a number',
  boolean: 'must be true or false',
  choice: 'must be one of the choices',
};

interface Definition {
  readonly kind: AttributeKind;
  readonly choices: readonly string[];
}

function fits(value: AttributeValue['value'], { kind, choices }: Definition): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return typeof value === 'string' && choices.includes(value);
  }
}

/** As it was given. */
export function attributeValue(kind: AttributeKind, stored: string): AttributeValue['value'] {
  if (kind === 'number') return Number(stored);
  return kind === 'boolean' ? stored === 'true' : stored;
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message }] });
}
