/** What a shopper can choose of a demo product, and what each choice does to price and weight. */

import { assert } from '#lib/assert.ts';
import { COLOURS } from './picture.ts';
import type { Random } from './random.ts';
import type { OptionKind } from './words.ts';

interface Choice {
  readonly value: string;
  /** Against the product's base price: 1.5 is half as much again. */
  readonly priceFactor: number;
}

interface Option {
  readonly name: string;
  readonly choices: readonly Choice[];
}

export interface Combination {
  readonly values: readonly string[];
  readonly priceFactor: number;
}

export interface ProductOptions {
  readonly names: readonly string[];
  readonly combinations: readonly Combination[];
}

const MAX_VARIANTS = 12;

/** `colour` is the product's first colour; the others are drawn. */
export function drawOptions(kind: OptionKind, colour: string, random: Random): ProductOptions {
  const options = optionsOf(kind, colour, random);
  const combinations = options.reduce<readonly Combination[]>(
    (sofar, option) =>
      sofar.flatMap(({ values, priceFactor }) =>
        option.choices.map((choice) => ({
          values: [...values, choice.value],
          priceFactor: priceFactor * choice.priceFactor,
        })),
      ),
    [{ values: [], priceFactor: 1 }],
  );
  assert(combinations.length <= MAX_VARIANTS, `${combinations.length} variants are too many to look through`);
  return { names: options.map((option) => option.name), combinations };
}

function optionsOf(kind: OptionKind, colour: string, random: Random): readonly Option[] {
  switch (kind) {
    case 'none':
      return [];
    case 'colour':
      return [colours(colour, random.integer(1, 5), random)];
    case 'clothing':
      return [sameprice('Size', ['S', 'M', 'L', 'XL']), colours(colour, random.integer(1, 3), random)];
    case 'shoe':
      return [
        sameprice('Size', ['38', '39', '40', '41', '42', '43', '44', '45'].slice(random.integer(0, 3))),
      ];
    case 'capacity':
      return [rising('Size', ['Small', 'Medium', 'Large'].slice(0, random.integer(2, 3)), 1.35)];
    case 'capacity-colour':
      return [rising('Size', ['Small', 'Large'], 1.3), colours(colour, random.integer(1, 5), random)];
    case 'format':
      return [rising('Format', ['Paperback', 'Hardcover', 'Signed'].slice(0, random.integer(2, 3)), 1.5)];
    case 'pack':
      return [rising('Pack', ['Single', 'Twin pack', 'Family pack'].slice(0, random.integer(1, 3)), 1.8)];
    case 'length':
      return [rising('Length', ['14 cm', '18 cm', '21 cm', '24 cm'].slice(0, random.integer(2, 4)), 1.12)];
    case 'bed':
      return [
        rising('Size', ['Single', 'Double', 'King'], 1.25),
        colours(colour, random.integer(1, 3), random),
      ];
    case 'scent':
      return [
        sameprice('Scent', random.shuffled(['Fig', 'Cedar', 'Sea Salt', 'Bergamot', 'Tonka']).slice(0, 3)),
      ];
    case 'paper':
      return [
        sameprice('Paper', ['Plain', 'Ruled', 'Dotted']),
        colours(colour, random.integer(1, 3), random),
      ];
    case 'weight':
      return [
        rising('Weight', ['2 kg', '4 kg', '6 kg', '8 kg', '10 kg'].slice(0, random.integer(3, 5)), 1.3),
      ];
  }
}

function colours(first: string, count: number, random: Random): Option {
  const others = random.shuffled(Object.keys(COLOURS).filter((name) => name !== first));
  return sameprice('Colour', [first, ...others.slice(0, count - 1)]);
}

function sameprice(name: string, values: readonly string[]): Option {
  return { name, choices: values.map((value) => ({ value, priceFactor: 1 })) };
}

function rising(name: string, values: readonly string[], step: number): Option {
  return { name, choices: values.map((value, index) => ({ value, priceFactor: step ** index })) };
}
