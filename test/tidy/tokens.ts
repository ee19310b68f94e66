/**
 * What a TypeScript source imports and names, read from the token stream of TypeScript's own scanner, so that
 * type imports, comments, strings and templates are what the compiler takes them for.
 */

import { SyntaxKind } from 'typescript/unstable/ast';
import { createScanner, type Scanner } from 'typescript/unstable/ast/scanner';

export interface Token {
  readonly kind: SyntaxKind;
  readonly text: string;
  /** The content of a string literal; the text of any other token. */
  readonly value: string;
  readonly position: number;
}

export interface Import {
  /** Null for an `import()` whose path is computed. */
  readonly specifier: string | null;
  readonly position: number;
}

/** After one of these a slash divides; after anything else it opens a regular expression. */
const ENDS_A_VALUE: ReadonlySet<SyntaxKind> = new Set([
  ...[SyntaxKind.Identifier, SyntaxKind.PrivateIdentifier, SyntaxKind.NumericLiteral],
  ...[SyntaxKind.BigIntLiteral, SyntaxKind.StringLiteral, SyntaxKind.RegularExpressionLiteral],
  ...[SyntaxKind.NoSubstitutionTemplateLiteral, SyntaxKind.TemplateTail, SyntaxKind.CloseParenToken],
  ...[SyntaxKind.CloseBracketToken, SyntaxKind.CloseBraceToken, SyntaxKind.PlusPlusToken],
  ...[SyntaxKind.MinusMinusToken, SyntaxKind.ThisKeyword, SyntaxKind.SuperKeyword],
  ...[SyntaxKind.NullKeyword, SyntaxKind.TrueKeyword, SyntaxKind.FalseKeyword],
]);

export function tokenize(source: string): readonly Token[] {
  const scanner = createScanner(true, undefined, source);
  const tokens: Token[] = [];
  /** For each open brace, whether a template goes on after it. */
  const braces: boolean[] = [];
  let kind = scanner.scan();
  while (kind !== SyntaxKind.EndOfFile) {
    kind = rescan(scanner, kind, { previous: tokens.at(-1), inTemplate: braces.at(-1) === true });
    if (kind === SyntaxKind.OpenBraceToken || kind === SyntaxKind.TemplateHead) {
      braces.push(kind === SyntaxKind.TemplateHead);
    }
    if (kind === SyntaxKind.CloseBraceToken || kind === SyntaxKind.TemplateTail) braces.pop();
    tokens.push({
      kind,
      text: scanner.getTokenText(),
      value: scanner.getTokenValue() ?? scanner.getTokenText(),
      position: scanner.getTokenStart(),
    });
    kind = scanner.scan();
  }
  return tokens;
}

interface Before {
  readonly previous: Token | undefined;
  readonly inTemplate: boolean;
}

/** A slash and a closing brace mean what the tokens before them say. */
function rescan(scanner: Scanner, kind: SyntaxKind, { previous, inTemplate }: Before): SyntaxKind {
  if (kind === SyntaxKind.CloseBraceToken && inTemplate) return scanner.reScanTemplateToken(false);
  const isSlash = kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken;
  const divides = previous !== undefined && ENDS_A_VALUE.has(previous.kind);
  return isSlash && !divides ? scanner.reScanSlashToken() : kind;
}

/** Every static, side-effect, type, re-exporting, dynamic and CommonJS import, in the order of the source. */
export function importsOf(tokens: readonly Token[]): readonly Import[] {
  return tokens.flatMap((token, at) => {
    if (isMember(tokens, at)) return [];
    const found = readImport(tokens, at);
    return found === undefined ? [] : [{ specifier: found, position: token.position }];
  });
}

/** Undefined where no import begins; null where one begins whose path is computed. */
function readImport(tokens: readonly Token[], at: number): string | null | undefined {
  const [token, next] = [tokens[at], tokens[at + 1]];
  if (token === undefined || next === undefined) return undefined;
  const isCall = next.kind === SyntaxKind.OpenParenToken;
  if (token.kind === SyntaxKind.ImportKeyword) {
    if (isCall) return callArgument(tokens, at);
    if (next.kind === SyntaxKind.DotToken) return undefined;
    return next.kind === SyntaxKind.StringLiteral ? next.value : fromClause(tokens, at);
  }
  if (token.kind === SyntaxKind.RequireKeyword && isCall) return callArgument(tokens, at);
  return token.kind === SyntaxKind.ExportKeyword ? reExport(tokens, at) : undefined;
}

function callArgument(tokens: readonly Token[], at: number): string | null {
  const [argument, end] = [tokens[at + 2], tokens[at + 3]];
  const isLiteral =
    argument?.kind === SyntaxKind.StringLiteral ||
    argument?.kind === SyntaxKind.NoSubstitutionTemplateLiteral;
  const isWhole = end?.kind === SyntaxKind.CloseParenToken || end?.kind === SyntaxKind.CommaToken;
  return isLiteral && isWhole ? argument.value : null;
}

/** `export { a } from`, `export * from`, `export type { A } from`; any other export imports nothing. */
function reExport(tokens: readonly Token[], at: number): string | undefined {
  const first = tokens[at + 1]?.kind === SyntaxKind.TypeKeyword ? at + 2 : at + 1;
  const kind = tokens[first]?.kind;
  if (kind === SyntaxKind.AsteriskToken) return fromClause(tokens, first);
  if (kind !== SyntaxKind.OpenBraceToken) return undefined;
  const close = tokens.findIndex(
    (token, index) => index > first && token.kind === SyntaxKind.CloseBraceToken,
  );
  return tokens[close + 1]?.kind === SyntaxKind.FromKeyword ? tokens[close + 2]?.value : undefined;
}

/** The string after the next `from`; a name may itself be `from`, so the string decides. */
function fromClause(tokens: readonly Token[], at: number): string | undefined {
  for (let index = at + 1; index < tokens.length - 1; index += 1) {
    const [token, next] = [tokens[index], tokens[index + 1]];
    if (token?.kind === SyntaxKind.SemicolonToken) return undefined;
    if (token?.kind === SyntaxKind.FromKeyword && next?.kind === SyntaxKind.StringLiteral) return next.value;
  }
  return undefined;
}

/** Names used as values: neither a member of something nor the key of a property. */
export function freeNames(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter(
    ({ kind }, at) =>
      (kind === SyntaxKind.Identifier || kind === SyntaxKind.RequireKeyword) &&
      !isMember(tokens, at) &&
      tokens[at + 1]?.kind !== SyntaxKind.ColonToken,
  );
}

/** Accesses `name.member`, as pairs. */
export function memberAccesses(tokens: readonly Token[]): readonly { name: Token; member: Token }[] {
  return tokens.flatMap((member, at) => {
    const name = tokens[at - 2];
    return isMember(tokens, at) && name !== undefined ? [{ name, member }] : [];
  });
}

/** Where `export default` stands. */
export function defaultExports(tokens: readonly Token[]): readonly number[] {
  return tokens
    .filter(
      ({ kind }, at) =>
        kind === SyntaxKind.ExportKeyword && tokens[at + 1]?.kind === SyntaxKind.DefaultKeyword,
    )
    .map(({ position }) => position);
}

function isMember(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.kind;
  return before === SyntaxKind.DotToken || before === SyntaxKind.QuestionDotToken;
}
