/** What a line of the table is made of. */

/** A file, and a text in it: of a test its title, as it stands in the source. */
export type Place = readonly [file: string, text: string];

export interface Requirement {
  /** As the standard numbers it. */
  readonly number: string;
  /** In our own words. */
  readonly text: string;
  readonly outcome:
    | { readonly kind: 'held'; readonly by: readonly Place[] }
    | { readonly kind: 'inapplicable'; readonly why: string }
    | { readonly kind: 'open'; readonly lacks: string };
}

export function held(number: string, text: string, ...by: readonly Place[]): Requirement {
  return { number, text, outcome: { kind: 'held', by } };
}

export function inapplicable(number: string, text: string, why: string): Requirement {
  return { number, text, outcome: { kind: 'inapplicable', why } };
}

export function open(number: string, text: string, lacks: string): Requirement {
  return { number, text, outcome: { kind: 'open', lacks } };
}

/** Many that do not apply for one reason: their texts by their numbers. */
export function noneOf(why: string, texts: Readonly<Record<string, string>>): Requirement[] {
  return Object.entries(texts).map(([number, text]) => inapplicable(number, text, why));
}

const within = (folder: string) => (name: string, title: string) =>
  [`test/${folder}/${name}.test.ts`, title] as const;

export const security = within('security');
export const origin = within('integration/origin');
export const integration = within('integration');
export const unit = within('unit');
