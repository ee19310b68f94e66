/** The picture of the system: parts with their state, and arrows as thick as what goes along them. */

import {
  type Flow,
  type FlowId,
  PARTS,
  type Part,
  type PartId,
  type Snapshot,
  type State,
} from '#origin/console/model.ts';
import { el, setAttribute, setText, svg } from './dom.ts';
import { format, SIGNS } from './format.ts';
import { type Arrow, type Box, type Layout, NARROW, WIDE } from './layout.ts';

const NAMES: Readonly<Record<PartId, string>> = {
  edge: 'Edge',
  origin: 'Origin',
  primary: 'Postgres primary',
  replicas: 'Replicas',
  redis: 'Redis',
  stripe: 'Stripe',
  nats: 'NATS',
  workers: 'Workers',
  smtp: 'Mail server',
};
/** What goes along an arrow. */
const GOODS: Readonly<Record<FlowId, string>> = {
  'shopper-edge': '',
  'edge-origin': '',
  'origin-primary': 'statements',
  'origin-replicas': 'reads',
  'origin-redis': 'reads',
  'origin-stripe': 'orders',
  'origin-nats': 'events',
  'nats-workers': '',
  'workers-edge': 'purges',
  'workers-smtp': '',
};
/** In words, for whoever hears the picture. */
const ROUTES: Readonly<Record<FlowId, string>> = {
  'shopper-edge': 'From shoppers to the edge',
  'edge-origin': 'From the edge to the origin',
  'origin-primary': 'From the origin to the Postgres primary',
  'origin-replicas': 'From the origin to the replicas',
  'origin-redis': 'From the origin to Redis',
  'origin-stripe': 'From the origin to Stripe',
  'origin-nats': 'From the origin through the outbox to NATS',
  'nats-workers': 'From NATS to the workers',
  'workers-edge': 'From the workers to the edge',
  'workers-smtp': 'From the workers to the mail server',
};
const THINNEST = 1.5;
const THICKEST = 8;
const WIDE_FROM_PX = 900;
const PADDING = 14;

export interface Picture {
  readonly element: HTMLElement;
  update(snapshot: Snapshot): void;
}

interface Drawing {
  readonly element: SVGSVGElement;
  update(snapshot: Snapshot): void;
}

export function createPicture(): Picture {
  const frame = el('div', { class: 'picture' });
  let drawing: Drawing | null = null;
  let layout: Layout | null = null;
  let last: Snapshot | null = null;
  const fit = () => {
    const wanted = frame.clientWidth >= WIDE_FROM_PX ? WIDE : NARROW;
    if (wanted === layout) return;
    layout = wanted;
    drawing = draw(wanted);
    setAttribute(frame, 'class', wanted === WIDE ? 'picture' : 'picture narrow');
    frame.replaceChildren(drawing.element);
    if (last !== null) drawing.update(last);
  };
  new ResizeObserver(fit).observe(frame);
  return {
    element: frame,
    update: (snapshot) => {
      last = snapshot;
      drawing?.update(snapshot);
    },
  };
}

function draw(layout: Layout): Drawing {
  const flows = Object.entries(layout.arrows).map(([id, arrow]) => ({
    id: id as FlowId,
    ...drawArrow(id as FlowId, arrow, layout.namesGoods ? GOODS[id as FlowId] : ''),
  }));
  const parts = PARTS.map((id) => ({ id, ...drawPart(NAMES[id], layout.parts[id]) }));
  const element = svg(
    'svg',
    { viewBox: `0 0 ${layout.width} ${layout.height}`, role: 'group', 'aria-label': 'The system' },
    heads(),
    ...flows.map(({ element: arrow }) => arrow),
    drawShoppers(layout.shoppers),
    ...parts.map(({ element: part }) => part),
  );
  return {
    element,
    update: (snapshot) => {
      for (const { id, update } of parts) update(snapshot.parts[id]);
      for (const { id, update } of flows) update(snapshot.flows[id]);
    },
  };
}

const STATES: readonly State[] = ['ok', 'degraded', 'down', 'unknown'];

/** One head for each state: a marker does not take its line's colour everywhere. */
function heads(): SVGDefsElement {
  const markers = STATES.map((state) =>
    svg(
      'marker',
      {
        id: `head-${state}`,
        class: `head ${state}`,
        viewBox: '0 0 10 10',
        refX: '9',
        refY: '5',
        markerWidth: '11',
        markerHeight: '11',
        markerUnits: 'userSpaceOnUse',
        orient: 'auto',
      },
      svg('path', { d: 'M0 0 L10 5 L0 10 z' }),
    ),
  );
  return svg('defs', {}, ...markers);
}

function drawArrow(id: FlowId, { path, label }: Arrow, goods: string) {
  const line = svg('path', { d: path, fill: 'none' });
  const { x, y, anchor } = label;
  const text = svg('text', { x: `${x}`, y: `${y}`, 'text-anchor': anchor, class: 'rate' });
  const element = svg('g', { role: 'img', class: 'flow unknown' }, line, text);
  const update = ({ perSecond, state }: Flow) => {
    const rate = format({ value: perSecond, unit: 'perSecond' });
    const isIdle = perSecond === null || perSecond === 0;
    setAttribute(element, 'class', `flow ${state}${isIdle ? ' idle' : ''}`);
    setAttribute(line, 'marker-end', `url(#head-${state})`);
    setAttribute(line, 'stroke-width', thickness(perSecond ?? 0).toFixed(1));
    setText(text, state === 'down' && isIdle ? `${SIGNS.down} nothing` : [rate, goods].join(' ').trim());
    setAttribute(element, 'aria-label', `${ROUTES[id]}: ${rate} ${GOODS[id]}`.trim());
  };
  return { element, update };
}

/** Ten times as much is a little thicker. */
function thickness(perSecond: number): number {
  return Math.min(THICKEST, THINNEST + 1.6 * Math.log10(1 + perSecond));
}

function drawPart(name: string, box: Box) {
  const line = (y: number, kind: string) =>
    svg('text', { x: `${box.x + PADDING}`, y: `${box.y + y}`, class: kind });
  const says = line(46, 'says');
  const facts = line(66, 'facts');
  const title = line(25, 'title');
  setText(title, name);
  const sign = svg('text', {
    x: `${box.x + box.width - PADDING}`,
    y: `${box.y + 27}`,
    'text-anchor': 'end',
    class: 'sign',
  });
  const element = svg(
    'g',
    { role: 'img', tabindex: '0', class: 'part unknown' },
    rect(box),
    title,
    sign,
    says,
    facts,
  );
  const update = ({ state, says: words, facts: figures }: Part) => {
    setAttribute(element, 'class', `part ${state}`);
    setText(sign, SIGNS[state]);
    setText(says, words);
    const told = figures.map((fact) => `${fact.label} ${format(fact)}`);
    setText(facts, told.join(' · '));
    squeeze(facts, box.width - 2 * PADDING);
    setAttribute(element, 'aria-label', [`${name}: ${words}`, ...told].join(', '));
  };
  return { element, update };
}

/** Long figures are set narrower rather than beyond their box. */
function squeeze(text: SVGTextElement, widthPx: number): void {
  text.removeAttribute('textLength');
  if (text.getComputedTextLength() <= widthPx) return;
  setAttribute(text, 'textLength', `${widthPx}`);
  setAttribute(text, 'lengthAdjust', 'spacingAndGlyphs');
}

function rect({ x, y, width, height }: Box): SVGRectElement {
  return svg('rect', { x: `${x}`, y: `${y}`, width: `${width}`, height: `${height}`, rx: '8' });
}

function drawShoppers(box: Box): SVGGElement {
  const text = svg('text', {
    x: `${box.x + box.width / 2}`,
    y: `${box.y + box.height / 2 + 5}`,
    'text-anchor': 'middle',
    class: 'title',
  });
  setText(text, 'Shoppers');
  return svg('g', { class: 'part outside' }, rect(box), text);
}
