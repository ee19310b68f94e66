/** Products and rules that take some of them in and leave some out; and what a rule means, said in another language. */

import fc from 'fast-check';
import type { CategoryCondition } from '#db/schema/category-rules.ts';

export interface Made {
  readonly tags: string[];
  readonly vendor: string;
  readonly name: string;
  readonly price: number;
  readonly season: string | null;
  readonly isOnSale: boolean;
}

export interface RuleMade {
  readonly match: 'all' | 'any';
  readonly conditions: readonly CategoryCondition[];
}

/** Few values, so that many rules take some in and leave some out. */
const WORDS = ['red', 'Red', 'blue', '100%', 'a_b', "o'b"];
const word = fc.constantFrom(...WORDS);
const price = fc.constantFrom(0, 1, 500, 1_000, 99_999_999);
export const product: fc.Arbitrary<Made> = fc.record({
  tags: fc.uniqueArray(word, { maxLength: 3 }),
  vendor: fc.oneof(word, fc.constant('')),
  name: fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => words.join(' ')),
  price,
  season: fc.option(word),
  isOnSale: fc.boolean(),
});
const condition: fc.Arbitrary<CategoryCondition> = fc.oneof(
  fc.record({ field: fc.constantFrom('tag' as const, 'vendor' as const, 'title' as const), value: word }),
  fc.record({ field: fc.constant('attribute' as const), key: fc.constant('season'), value: word }),
  fc.tuple(price, price).map(([one, other]) => ({
    ...{ field: 'price' as const, from: Math.min(one, other), to: Math.max(one, other) },
  })),
  price.map((from) => ({ field: 'price' as const, from })),
  price.map((to) => ({ field: 'price' as const, to })),
);
export const rule: fc.Arbitrary<RuleMade> = fc.record({
  match: fc.constantFrom('all', 'any'),
  conditions: fc.array(condition, { minLength: 1, maxLength: 4 }),
});

function meets(made: Made, each: CategoryCondition): boolean {
  switch (each.field) {
    case 'tag':
      return made.tags.includes(each.value);
    case 'vendor':
      return made.vendor === each.value;
    case 'title':
      return made.name.toLowerCase().includes(each.value.toLowerCase());
    case 'attribute':
      return made.season === each.value;
    case 'price':
      return made.price >= (each.from ?? 0) && made.price <= (each.to ?? Number.POSITIVE_INFINITY);
  }
}

export const takesIn = ({ match, conditions }: RuleMade, made: Made) =>
  made.isOnSale &&
  (match === 'all'
    ? conditions.every((each) => meets(made, each))
    : conditions.some((each) => meets(made, each)));
