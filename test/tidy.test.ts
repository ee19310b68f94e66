/** Holds the repository against the architecture's tables (test/tidy/rules.ts), rule by rule. */

import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { formatBreach, TIDY_RULES } from './tidy/scan.ts';
import { readTree } from './tidy/tree.ts';

/** The whole tree is read by each rule, on a busy machine, too. */
setDefaultTimeout(60_000);

const tree = await readTree(join(import.meta.dir, '..'));

for (const [sentence, rule] of Object.entries(TIDY_RULES)) {
  test(sentence, () => {
    expect(rule(tree).map(formatBreach)).toEqual([]);
  });
}
