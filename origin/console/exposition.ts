/** Prometheus' text format, version 0.0.4, as every process of the shop exposes it. */

import { ISOLATE_LABEL } from '#lib/edge-contract.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

export interface Sample {
  /** The same for the same name and labels of the same process. */
  readonly key: string;
  /** With the ending that histograms add: `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  /** By the family's name. */
  readonly types: ReadonlyMap<string, MetricType>;
  readonly samples: readonly Sample[];
  /** Which of the edge's isolates answered; undefined elsewhere. Its samples do not name it. */
  readonly isolate: string | undefined;
}

export class ExpositionError extends Error {
  override readonly name = 'ExpositionError';
}

const TYPE_LINE = /^# *TYPE +([\w:]+) +(counter|gauge|histogram|summary|untyped)$/;
const NAME = /^([a-zA-Z_:][\w:]*)[ \t]*(?:\{(.*)\})?$/;
/** Behind the labels: the value, and perhaps a time, which nobody asks for. */
const VALUE = /^[ \t]*(\S+)(?:[ \t]+-?\d+)?$/;
const ISOLATE = new RegExp(`[{,]${ISOLATE_LABEL}="([^"]*)"`);
/** One label, and the comma or the end behind it; a comma may close the list. */
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

type Identity = Pick<Sample, 'key' | 'name' | 'labels'>;

/** More series than a process can have; then they are learnt anew. */
const MAX_KNOWN = 100_000;

/**
 * Reads the answers of one process: its samples are the same ones each time, and are taken apart once.
 * @param isWanted by a sample's name: what nobody asks for is not read further
 */
export function createReader(isWanted: (name: string) => boolean = () => true) {
  /** Null: nobody wants it. */
  const known = new Map<string, Identity | null>();
  const identify = (key: string): Identity | null | undefined => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const [, name, labelText = ''] = NAME.exec(key) ?? [];
    const labels = parseLabels(labelText);
    if (name === undefined || labels === null) return undefined;
    const { [ISOLATE_LABEL]: _, ...others } = labels;
    const identity = isWanted(name) ? { key: key.replace(ISOLATE, ''), name, labels: others } : null;
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(key, identity);
    return identity;
  };
  /** Null: not wanted. Undefined: no sample. */
  const readSample = (line: string): Sample | null | undefined => {
    const end = line.includes('{') ? line.lastIndexOf('}') + 1 : line.search(/[ \t]/);
    if (end <= 0) return undefined;
    const identity = identify(line.slice(0, end));
    const value = parseValue(VALUE.exec(line.slice(end))?.[1]);
    if (identity === undefined || value === null) return undefined;
    return identity === null ? null : { ...identity, value };
  };
  /** @throws {ExpositionError} naming the line that is none */
  return (text: string): Exposition => {
    const types = new Map<string, MetricType>();
    const samples: Sample[] = [];
    for (const [index, raw] of text.split('\n').entries()) {
      const line = raw.trim();
      if (line === '') continue;
      if (line.startsWith('#')) {
        readType(line, types);
        continue;
      }
      const sample = readSample(line);
      if (sample === undefined) throw new ExpositionError(`line ${index + 1} is no sample`);
      if (sample !== null) samples.push(sample);
    }
    return { types, samples, isolate: isolateIn(text) };
  };
}

function isolateIn(text: string): string | undefined {
  return ISOLATE.exec(text)?.[1];
}

function readType(line: string, types: Map<string, MetricType>): void {
  const [, name, type] = TYPE_LINE.exec(line) ?? [];
  if (name !== undefined) types.set(name, type as MetricType);
}

function parseValue(text = ''): number | null {
  if (text === '') return null;
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
function familyOf(name: string, types: Exposition['types']): string {
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
