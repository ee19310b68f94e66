/** Prometheus' text format, version 0.0.4, as every process of the shop exposes it. */

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

export interface Sample {
  /** With the ending that histograms add: `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** By the family's name. */
  readonly types: ReadonlyMap<string, MetricType>;
  readonly samples: readonly Sample[];
}

export class ExpositionError extends Error {
  override readonly name = 'ExpositionError';
}

const TYPE_LINE = /^# *TYPE +([\w:]+) +(counter|gauge|histogram|summary|untyped)$/;
const SAMPLE_LINE = /^([a-zA-Z_:][\w:]*)[ \t]*(?:\{(.*)\})?[ \t]*(\S+)(?:[ \t]+-?\d+)?$/;
/** One label, and the comma or the end behind it; a comma may close the list. */
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/**
 * @param isWanted by a sample's name: what nobody asks for is not read further
 * @throws {ExpositionError} naming the line that is none
 */
export function parseExposition(text: string, isWanted: (name: string) => boolean = () => true): Exposition {
  const types = new Map<string, MetricType>();
  const samples: Sample[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    if (line.startsWith('#')) {
      const [, name, type] = TYPE_LINE.exec(line) ?? [];
      if (name !== undefined) types.set(name, type as MetricType);
      continue;
    }
    const sample = parseSample(line, isWanted);
    if (sample === undefined) throw new ExpositionError(`line ${index + 1} is no sample`);
    if (sample !== null) samples.push(sample);
  }
  return { types, samples };
}

/** Null: not wanted. Undefined: no sample. */
function parseSample(line: string, isWanted: (name: string) => boolean): Sample | null | undefined {
  const [, name, labelText = '', valueText] = SAMPLE_LINE.exec(line) ?? [];
  if (name === undefined || valueText === undefined) return undefined;
  if (!isWanted(name)) return null;
  const value = parseValue(valueText);
  const labels = parseLabels(labelText);
  return value === null || labels === null ? undefined : { name, labels, value };
}

function parseValue(text: string): number | null {
  if (/^[+-]?inf$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

function parseLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let end = 0; end < text.trimEnd().length; end = LABEL.lastIndex) {
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined) return null;
    labels[name] = value.replaceAll(/\\[\\"n]/g, (escaped) => ESCAPES[escaped] ?? escaped);
  }
  return labels;
}

/** The family of a sample: a histogram's without the endings. */
export function familyOf(name: string, types: Exposition['types']): string {
  if (types.has(name)) return name;
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return types.has(family) ? family : name;
}

/** Whether the sample only ever grows, but for a restart of its process. */
export function isCumulative(name: string, types: Exposition['types']): boolean {
  const family = familyOf(name, types);
  const type = types.get(family);
  return type === 'counter' || (type === 'histogram' && family !== name);
}
