/** The rule about dependencies: for how long and how often they are asked stands in one table. */

import { SyntaxKind } from 'typescript/unstable/ast';
import { lineAt, matches } from './paths.ts';
import { OWN_TIMES, POLICY_TABLE } from './rules.ts';
import type { Token } from './tokens.ts';
import { type Breach, type Rule, sourcesOf } from './tree.ts';

const OF_A_POLICY =
  /(TIMEOUT|BACKOFF|HALF_OPEN_AFTER)_(MS|SECONDS)$|(^|_)RETRIES$|BREAK_AFTER|(^|_)timeout|[a-z]Timeout|^timeoutMs$/;
const BEFORE_A_VALUE = [SyntaxKind.EqualsToken, SyntaxKind.ColonToken, SyntaxKind.OpenParenToken];

/** `CALL_TIMEOUT_MS = 2_000`, `timeout: 2_000`, `AbortSignal.timeout(2_000)`; none at all is no figure. */
function figures(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter((token, at) => {
    const [before, value] = [tokens[at + 1], tokens[at + 2]];
    if (token.kind !== SyntaxKind.Identifier || !OF_A_POLICY.test(token.text)) return false;
    if (before === undefined || !BEFORE_A_VALUE.includes(before.kind)) return false;
    return value?.kind === SyntaxKind.NumericLiteral && Number(value.value) !== 0;
  });
}

const oneTable: Rule = (tree) =>
  [...sourcesOf(tree)]
    .filter(([path]) => matches(path, POLICY_TABLE.for) && path !== POLICY_TABLE.file)
    .flatMap(([path, tokens]): Breach[] =>
      figures(tokens)
        .filter(({ text }) => OWN_TIMES[path]?.includes(text) !== true)
        .map(({ text, position }) => ({
          path,
          line: lineAt(tree.files.get(path) ?? '', position),
          message: `${text} belongs into ${POLICY_TABLE.file}`,
        })),
    );

export const policyRules = {
  'how long and how often a dependency is asked stands in the table of policies': oneTable,
} as const satisfies Record<string, Rule>;
