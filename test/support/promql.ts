/** What a PromQL expression names: metrics, and the labels that it asks each of them for. */

export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

const SELECTOR = /([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?(?!\s*\(|[\w:])/g;
const WORDS: ReadonlySet<string> = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'and',
  'or',
  'unless',
  'offset',
  'bool',
]);

/** @param expression in which braces stand in no quoted text */
export function selectorsOf(expression: string): readonly Selector[] {
  const bare = expression
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replaceAll(/\[[^\]]*\]/g, '');
  return [...bare.matchAll(SELECTOR)]
    .map(([, metric = '', matchers = '']) => ({
      metric,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
    }))
    .filter(({ metric }) => !WORDS.has(metric));
}

/** The labels after which an expression groups. */
export function groupingsOf(expression: string): readonly string[] {
  return [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  );
}
