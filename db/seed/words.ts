/** The shape of the word lists that the demo catalogue is made of. */

import type { ShapeName } from './shapes.ts';

export type OptionKind =
  | 'none'
  | 'colour'
  | 'clothing'
  | 'shoe'
  | 'capacity'
  | 'capacity-colour'
  | 'format'
  | 'pack'
  | 'length'
  | 'bed'
  | 'scent'
  | 'paper'
  | 'weight';

export interface Leaf {
  readonly name: string;
  readonly shape: ShapeName;
  /** From the cheapest to the dearest product, in whole dollars. */
  readonly price: readonly [min: number, max: number];
  readonly options: OptionKind;
  /** What comes first in a product's name: a material, a make or a mood. */
  readonly kinds: readonly string[];
  readonly things: readonly string[];
}

export interface Department {
  readonly name: string;
  readonly vendors: readonly string[];
  /** Sentence endings that say what a thing of this department is good for. */
  readonly uses: readonly string[];
  readonly leaves: readonly Leaf[];
}

/** Word lists read best as one line of text. */
export function list(text: string): readonly string[] {
  return text.split(', ');
}
