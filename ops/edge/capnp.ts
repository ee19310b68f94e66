/** Cap'n Proto's text format, as far as a configuration of workerd needs it. */

/** A struct is an object, its fields by the schema's names; a value of an enum is a symbol. */
export type CapnpValue =
  | string
  | boolean
  | symbol
  | readonly CapnpValue[]
  | { readonly [field: string]: CapnpValue };

export function capnpText(value: CapnpValue): string {
  if (typeof value === 'string') return `"${value.replace(/[\\"\n]/g, escaped)}"`;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'symbol') return value.description ?? '';
  if (isList(value)) return `[${value.map(capnpText).join(', ')}]`;
  const fields = Object.entries(value).map(([name, field]) => `${name} = ${capnpText(field)}`);
  return `(${fields.join(', ')})`;
}

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}

function isList(value: CapnpValue): value is readonly CapnpValue[] {
  return Array.isArray(value);
}
