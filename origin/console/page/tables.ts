/** The figures behind the picture, as tables that keep their rows while the figures change. */

import type { Snapshot, State } from '#origin/console/model.ts';
import { el, setAttribute, setText } from './dom.ts';
import { duration, format, NOTHING, number, SIGNS, time } from './format.ts';

interface Cell {
  readonly text: string;
  readonly state?: State;
}

/** Names its row first. */
type Row = readonly [string, ...(string | Cell)[]];

interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: (snapshot: Snapshot) => readonly Row[];
  /** What stands there in place of no row. */
  readonly empty: string;
}

const ENOUGH_OF_THE_TARGET = 0.999;
const SHOWN_ENDED = 8;

const TABLES: readonly Table[] = [
  {
    title: 'Caches',
    head: ['Tier', 'Hits', 'Target', 'Reads'],
    empty: 'Nothing is known yet.',
    rows: ({ tiers }) =>
      tiers.map(({ name, hits, target, perSecond }): Row => {
        const isShort = hits !== null && hits < target * ENOUGH_OF_THE_TARGET;
        const text = format({ value: hits, unit: 'ratio' });
        const cell =
          hits === null ? { text } : { text, state: isShort ? ('degraded' as const) : ('ok' as const) };
        return [
          name,
          cell,
          format({ value: target, unit: 'ratio' }),
          format({ value: perSecond, unit: 'perSecond' }),
        ];
      }),
  },
  {
    title: 'Circuit breakers',
    head: ['Towards', 'State'],
    empty: 'No process has told of one.',
    rows: ({ breakers }) =>
      breakers.map(({ dependency, openIn, of }): Row => {
        if (openIn.length === 0) return [dependency, { text: 'closed', state: 'ok' }];
        const state = openIn.length === of ? 'down' : 'degraded';
        return [dependency, { text: `open in ${openIn.join(', ')}`, state }];
      }),
  },
  {
    title: 'Queues',
    head: ['Queue', 'Waiting', 'Oldest', 'Handled', 'Parked'],
    empty: 'The workers tell of none.',
    rows: ({ queues }) =>
      queues.map(({ name, waiting, oldestSeconds, perSecond, deadLetters }): Row => {
        const parked = deadLetters === null ? NOTHING : number(deadLetters);
        return [
          name,
          format({ value: waiting, unit: 'count' }),
          oldestSeconds === null ? NOTHING : duration(oldestSeconds),
          format({ value: perSecond, unit: 'perSecond' }),
          (deadLetters ?? 0) > 0 ? { text: parked, state: 'degraded' } : parked,
        ];
      }),
  },
  {
    title: 'Busiest operations of the origin',
    head: ['Operation', 'Requests', 'Median', 'p99', 'Errors'],
    empty: 'Nobody asks for anything.',
    rows: ({ operations }) =>
      operations.map(({ name, perSecond, p50Seconds, p99Seconds, errors }): Row => {
        const share = format({ value: errors, unit: 'ratio' });
        return [
          name,
          format({ value: perSecond, unit: 'perSecond' }),
          format({ value: p50Seconds, unit: 'seconds' }),
          format({ value: p99Seconds, unit: 'seconds' }),
          errors > 0 ? { text: share, state: 'degraded' } : share,
        ];
      }),
  },
  {
    title: 'Processes',
    head: ['Process', 'State', 'CPU', 'Memory', 'Loop p99', 'Up'],
    empty: 'OPS_TARGETS names none.',
    rows: ({ atMs, processes }) =>
      processes.map(
        ({ name, state, says, startedAtMs, cpu, memoryBytes, lagSeconds }): Row => [
          name,
          { text: says, state },
          format({ value: cpu, unit: 'ratio' }),
          format({ value: memoryBytes, unit: 'bytes' }),
          format({ value: lagSeconds, unit: 'seconds' }),
          startedAtMs === null ? NOTHING : duration((atMs - startedAtMs) / 1_000),
        ],
      ),
  },
  {
    title: 'Sales of the last 15 minutes',
    head: ['', ''],
    empty: '',
    rows: ({ business }) => business.map((fact): Row => [fact.label, format(fact)]),
  },
  {
    title: 'What was wrong',
    head: ['What', 'From', 'For'],
    empty: 'Nothing since the origin began to look.',
    rows: ({ ended }) =>
      ended
        .slice(0, SHOWN_ENDED)
        .map(
          ({ what, sinceMs, untilMs }): Row => [
            what,
            time(sinceMs),
            duration(Math.max(1, Math.round(((untilMs ?? sinceMs) - sinceMs) / 1_000))),
          ],
        ),
  },
];

export function createTables() {
  const tables = TABLES.map(createTable);
  return {
    element: el('div', { class: 'tables' }, ...tables.map(({ element }) => element)),
    update: (snapshot: Snapshot) => {
      for (const table of tables) table.update(snapshot);
    },
  };
}

function createTable({ title, head, rows, empty }: Table) {
  const hasHead = head.some((text) => text !== '');
  const body = el('tbody');
  const none = el('p', { class: 'empty' }, empty);
  const table = el(
    'table',
    {},
    hasHead ? el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))) : null,
    body,
  );
  const element = el('section', {}, el('h3', {}, title), el('div', { class: 'scroll' }, table), none);
  return {
    element,
    update: (snapshot: Snapshot) => {
      const wanted = rows(snapshot);
      table.hidden = wanted.length === 0;
      none.hidden = wanted.length > 0;
      while (body.rows.length > wanted.length) body.deleteRow(-1);
      for (const [index, row] of wanted.entries()) fill(body.rows[index] ?? body.insertRow(), row);
    },
  };
}

function fill(line: HTMLTableRowElement, row: Row): void {
  for (const [index, cell] of row.entries()) {
    const { text, state } = typeof cell === 'string' ? { text: cell, state: undefined } : cell;
    const place = line.cells[index] ?? line.appendChild(index === 0 ? el('th', { scope: 'row' }) : el('td'));
    setText(place, state === undefined ? text : `${SIGNS[state]} ${text}`);
    setAttribute(place, 'class', state ?? '');
  }
}
