/** The last minutes as plots, with the times in which something was wrong marked in each of them. */

import uPlot from 'uplot';
import type { Incident, Point, Snapshot, Unit } from '#origin/console/model.ts';
import { el, setText } from './dom.ts';
import { format } from './format.ts';

interface Line {
  readonly label: string;
  readonly of: keyof Point;
  /** Of the palette in the style sheet. */
  readonly colour: 1 | 2 | 3;
  readonly dash?: number[];
}

interface Plot {
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
}

const PLOTS = (currency: string): readonly Plot[] => [
  {
    title: 'Requests a second',
    unit: 'perSecond',
    lines: [
      { label: 'edge', of: 'edgePerSecond', colour: 1 },
      { label: 'origin', of: 'originPerSecond', colour: 2 },
      { label: 'errors', of: 'errorsPerSecond', colour: 3, dash: [3, 3] },
    ],
  },
  {
    title: 'Latency at the origin',
    unit: 'seconds',
    lines: [
      { label: 'median', of: 'p50Seconds', colour: 1 },
      { label: 'p99', of: 'p99Seconds', colour: 2, dash: [6, 3] },
    ],
  },
  {
    title: 'Hit rate of each cache',
    unit: 'ratio',
    lines: [
      { label: 'edge', of: 'edgeHits', colour: 1 },
      { label: 'memory', of: 'memoryHits', colour: 2, dash: [6, 3] },
      { label: 'Redis', of: 'redisHits', colour: 3, dash: [3, 3] },
    ],
  },
  {
    title: 'Messages',
    unit: 'count',
    lines: [
      { label: 'waiting', of: 'waiting', colour: 1 },
      { label: 'parked', of: 'parked', colour: 3, dash: [3, 3] },
    ],
  },
  {
    title: 'Orders a minute',
    unit: 'perMinute',
    lines: [{ label: 'placed', of: 'ordersPerMinute', colour: 1 }],
  },
  {
    title: 'Revenue a minute',
    unit: { currency },
    lines: [{ label: 'paid', of: 'revenuePerMinute', colour: 2 }],
  },
];
const HEIGHT_PX = 160;
const AXIS_PX = 62;
const SHORTEST_SPAN_MS = 60_000;
const MS = 1_000;
const HEADROOM = 1.1;

export interface Plots {
  readonly element: HTMLElement;
  update(points: readonly Point[], snapshot: Snapshot): void;
}

export function createPlots(currency: string): Plots {
  const plots = PLOTS(currency).map(createPlot);
  const element = el('div', { class: 'plots' }, ...plots.map((plot) => plot.element));
  return {
    element,
    update: (points, { problems, ended }) => {
      for (const plot of plots) plot.update(points, [...problems, ...ended]);
    },
  };
}

function createPlot({ title, unit, lines }: Plot) {
  const values = lines.map(({ colour, dash }) =>
    el('span', { class: `value line-${colour}${dash === undefined ? '' : ' dashed'}` }),
  );
  const legend = el('p', { class: 'legend' }, ...values);
  const canvas = el('div', { class: 'canvas', 'aria-hidden': 'true' });
  const element = el('figure', {}, el('figcaption', {}, el('h3', {}, title), legend), canvas);
  let data: uPlot.AlignedData = [[], ...lines.map(() => [])];
  let incidents: readonly Incident[] = [];
  let drawn: uPlot | null = null;
  const tell = (index: number) => {
    for (const [line, value] of values.entries()) {
      const at = data[line + 1]?.[index] ?? null;
      setText(value, `${lines[line]?.label ?? ''} ${format({ value: at, unit })}`);
    }
  };
  const redraw = () => {
    drawn?.destroy();
    const options = optionsOf({ unit, lines }, canvas.clientWidth, () => incidents);
    options.hooks = {
      ...options.hooks,
      setCursor: [({ cursor }) => tell(cursor.idx ?? data[0].length - 1)],
    };
    drawn = new uPlot(options, data, canvas);
  };
  new ResizeObserver(() => {
    if (drawn !== null && drawn.width === canvas.clientWidth) return;
    redraw();
  }).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  return {
    element,
    update: (points: readonly Point[], told: readonly Incident[]) => {
      incidents = told;
      data = [
        points.map(({ atMs }) => atMs / MS),
        ...lines.map(({ of }) => points.map((point) => point[of])),
      ];
      drawn?.setData(data);
      tell(drawn?.cursor.idx ?? points.length - 1);
    },
  };
}

function optionsOf(
  { unit, lines }: Pick<Plot, 'unit' | 'lines'>,
  width: number,
  incidents: () => readonly Incident[],
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--soft'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { sync: { key: 'plots' }, drag: { x: false, y: false }, points: { size: 6 } },
    padding: [8, 8, 0, 0],
    scales: {
      x: { range: (_plot, from, to) => [Math.min(from, to - SHORTEST_SPAN_MS / MS), to] },
      y: { range: (_plot, _from, to) => (unit === 'ratio' ? [0, 1] : [0, to > 0 ? to * HEADROOM : 1]) },
    },
    axes: [
      { ...axis, size: 28, space: 80, values: (_plot, ticks) => ticks.map(clockTime) },
      {
        ...axis,
        size: AXIS_PX,
        space: 34,
        values: (_plot, ticks) => ticks.map((value) => format({ value, unit })),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: number, dash }) => ({
        label,
        stroke: colour(`--plot-${number}`),
        width: 1.75,
        points: { show: false },
        ...(dash === undefined ? {} : { dash }),
      })),
    ],
    hooks: { drawClear: [(plot) => mark(plot, incidents(), colour('--mark'))] },
  };
}

const minutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

function clockTime(atSeconds: number): string {
  return (atSeconds % 60 === 0 ? minutes : seconds).format(atSeconds * MS);
}

/** A band over the time in which something was wrong, with an edge where it began. */
function mark({ ctx, bbox, scales, valToPos }: uPlot, incidents: readonly Incident[], colour: string): void {
  const { min, max } = scales['x'] ?? {};
  if (min === undefined || max === undefined || min === null || max === null) return;
  const xOf = (atMs: number) => Math.min(Math.max(atMs / MS, min), max);
  for (const { sinceMs, untilMs, state } of incidents) {
    if ((untilMs ?? Number.POSITIVE_INFINITY) < min * MS) continue;
    const from = valToPos(xOf(sinceMs), 'x', true);
    const to = valToPos(xOf(untilMs ?? max * MS), 'x', true);
    ctx.save();
    ctx.fillStyle = colour;
    ctx.globalAlpha = state === 'down' ? 0.18 : 0.08;
    ctx.fillRect(from, bbox.top, Math.max(1, to - from), bbox.height);
    ctx.globalAlpha = state === 'down' ? 0.9 : 0.3;
    ctx.fillRect(from, bbox.top, 1, bbox.height);
    ctx.restore();
  }
}
