/** The engine of the tidy rules: each takes a tree and says where it breaks the tables in rules.ts. */

import { docRules } from './docs.ts';
import { fileRules } from './files.ts';
import { importRules } from './imports.ts';
import { policyRules } from './policies.ts';
import type { Breach, Rule } from './tree.ts';

/** All rules by the sentence that each of them holds up. */
export const TIDY_RULES: Readonly<Record<string, Rule>> = {
  ...importRules,
  ...fileRules,
  ...docRules,
  ...policyRules,
};

/** One line a breach, as editors and terminals link it. */
export function formatBreach({ path, line, message }: Breach): string {
  return `${path}:${line}: ${message}`;
}
