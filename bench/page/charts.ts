/** The charts, drawn in the reader's browser by Observable Plot; bundled into the page, so that it needs nothing else. */

import * as Plot from '@observablehq/plot';
import type {
  Bar,
  BarChart,
  Chart,
  DistributionChart,
  RateChart,
  RateLine,
  Span,
  TimelineChart,
} from './model.ts';

const ROW_PX = 34;
const AXIS_PX = 72;
const AXIS_BELOW_PX = 44;
const LABEL_PX = 240;
const DISTRIBUTION_PX = 220;
const HEADROOM = 1.15;
const STYLE = { background: 'transparent', color: 'var(--ink)', fontSize: '13px', overflow: 'visible' };
const COLOUR: Readonly<Record<Bar['role'], string>> = { subject: 'var(--subject)', limit: 'var(--limit)' };

function plotBars({ bars, marks, unit }: BarChart, width: number) {
  const rounds = bars.flatMap(({ label, figure }) => figure.rounds.map((value) => ({ label, value })));
  const greatest = Math.max(...rounds.map(({ value }) => value), ...marks.map(({ value }) => value));
  return Plot.plot({
    width,
    height: bars.length * ROW_PX + AXIS_PX,
    marginLeft: LABEL_PX,
    marginRight: 70,
    marginTop: 24,
    marginBottom: AXIS_BELOW_PX,
    style: STYLE,
    x: {
      label: unit,
      labelOffset: AXIS_BELOW_PX - 4,
      domain: [0, greatest * HEADROOM],
      nice: true,
      grid: true,
    },
    y: { label: null, domain: bars.map(({ label }) => label) },
    marks: [
      Plot.barX(bars, {
        x: (bar: Bar) => bar.figure.median,
        y: 'label',
        fill: (bar: Bar) => COLOUR[bar.role],
        insetTop: 5,
        insetBottom: 5,
      }),
      Plot.dot(rounds, { x: 'value', y: 'label', r: 3, fill: 'var(--paper)', stroke: 'var(--ink)' }),
      Plot.text(bars, {
        x: (bar: Bar) => bar.figure.greatest,
        y: 'label',
        text: (bar: Bar) => readable(bar.figure.median),
        textAnchor: 'start',
        dx: 9,
        fontWeight: 600,
      }),
      Plot.ruleX(marks, { x: 'value', stroke: 'var(--mark)', strokeWidth: 2, strokeDasharray: '5 3' }),
      Plot.text(marks, { x: 'value', text: 'label', frameAnchor: 'top', dy: -14, fill: 'var(--mark)' }),
    ],
    color: { type: 'identity' },
  });
}

function plotDistribution({ values, marks, unit }: DistributionChart, width: number) {
  const sorted = values.toSorted((a, b) => a - b);
  const points = sorted.map((value, index) => ({ value, below: ((index + 1) / sorted.length) * 100 }));
  const greatest = Math.max(...values, ...marks.map(({ value }) => value));
  return Plot.plot({
    width,
    height: DISTRIBUTION_PX,
    marginLeft: 60,
    marginRight: 70,
    marginTop: 26,
    marginBottom: AXIS_BELOW_PX,
    style: STYLE,
    x: {
      label: unit,
      labelOffset: AXIS_BELOW_PX - 4,
      domain: [0, greatest * HEADROOM],
      nice: true,
      grid: true,
    },
    y: { label: '% at most', domain: [0, 100], grid: true },
    marks: [
      Plot.line(points, {
        x: 'value',
        y: 'below',
        curve: 'step-after',
        stroke: 'var(--subject)',
        strokeWidth: 2,
      }),
      Plot.dot(points, { x: 'value', y: 'below', r: 2, fill: 'var(--subject)' }),
      Plot.ruleY([99], { stroke: 'var(--limit)' }),
      Plot.ruleX(marks, { x: 'value', stroke: 'var(--mark)', strokeWidth: 2, strokeDasharray: '5 3' }),
      Plot.text(marks, { x: 'value', text: 'label', frameAnchor: 'top', dy: -14, fill: 'var(--mark)' }),
    ],
  });
}

function readable(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value);
}

const SPAN_COLOUR: Readonly<Record<Span['role'], string>> = {
  fault: 'var(--mark)',
  recovery: 'var(--open)',
};
const LINE_COLOUR: Readonly<Record<RateLine['role'], string>> = {
  subject: 'var(--subject)',
  limit: 'var(--limit)',
  mark: 'var(--mark)',
};
/** The charts of a run share their left edge and their seconds. */
const TIMELINE = { marginLeft: 130, marginRight: 20, marginTop: 24, marginBottom: AXIS_BELOW_PX };
const SPAN_ROW_PX = 26;
const RATES_PX = 200;

const seconds = (durationSeconds: number) => ({
  label: 'seconds',
  labelOffset: AXIS_BELOW_PX - 4,
  domain: [0, durationSeconds],
  grid: true,
});

function plotTimeline({ rows, spans, durationSeconds }: TimelineChart, width: number) {
  return Plot.plot({
    ...TIMELINE,
    width,
    height: rows.length * SPAN_ROW_PX + AXIS_PX,
    style: STYLE,
    x: seconds(durationSeconds),
    y: { label: null, domain: [...rows] },
    marks: [
      Plot.barX(spans, {
        x1: 'fromSeconds',
        x2: 'toSeconds',
        y: 'row',
        fill: (span: Span) => SPAN_COLOUR[span.role],
        fillOpacity: (span: Span) => (span.role === 'fault' ? 1 : 0.45),
        insetTop: 3,
        insetBottom: 3,
        title: 'label',
      }),
    ],
    color: { type: 'identity' },
  });
}

function plotRates({ lines, unit, durationSeconds }: RateChart, width: number) {
  const points = lines.flatMap(({ label, role, perSecond }) =>
    perSecond.map((value, second) => ({ label, role, second, value })),
  );
  return Plot.plot({
    ...TIMELINE,
    width,
    height: RATES_PX,
    style: STYLE,
    x: seconds(durationSeconds),
    y: { label: unit, grid: true },
    marks: [
      Plot.line(points, {
        x: 'second',
        y: 'value',
        z: 'label',
        curve: 'step-after',
        stroke: ({ role }: { readonly role: RateLine['role'] }) => LINE_COLOUR[role],
      }),
    ],
    color: { type: 'identity' },
  });
}

export function plotChart(chart: Chart, width: number) {
  switch (chart.kind) {
    case 'bars':
      return plotBars(chart, width);
    case 'distribution':
      return plotDistribution(chart, width);
    case 'timeline':
      return plotTimeline(chart, width);
    case 'rates':
      return plotRates(chart, width);
  }
}

Object.assign(globalThis, { plotChart });
