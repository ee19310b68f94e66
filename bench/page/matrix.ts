/** A table of verdicts: what was tried against what, and in each cell what came of it. */

import { escapeHtml } from './escape.ts';

export interface MatrixCell {
  readonly verdict: 'held' | 'short';
  readonly headline: string;
  readonly lines: readonly string[];
}

export interface Matrix {
  readonly title: string;
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** Beneath the name. */
    readonly note: string;
    /** Null where there is nothing to be tried. */
    readonly cells: readonly (MatrixCell | null)[];
  }[];
}

export const MATRIX_STYLE = `
  .matrix { margin: 0 calc(50% - min(50vw - 20px, 680px)); overflow-x: auto; }
  .matrix table { table-layout: fixed; min-width: 1080px; } .matrix th:first-child { width: 170px; }
  .matrix td { font-size: 12.5px; line-height: 1.4; border-left: 3px solid transparent; padding-left: 8px; }
  .matrix td.is-held { border-left-color: var(--held); } .matrix td.is-short { border-left-color: var(--short); }
  .matrix td span, .matrix th span { display: block; color: var(--soft); font-weight: 400; }
  .matrix td.is-short span { color: var(--short); }
`;

export function renderMatrix({ title, note, columns, rows }: Matrix): string {
  const head = ['', ...columns].map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const body = rows.map(
    ({ name, note: beneath, cells }) =>
      `<tr><th>${escapeHtml(name)}${spanOf(beneath)}</th>${cells.map(renderCell).join('')}</tr>`,
  );
  return `<h2>${escapeHtml(title)}</h2><p>${escapeHtml(note)}</p><div class="matrix"><table>
<thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function renderCell(cell: MatrixCell | null): string {
  if (cell === null) return '<td>—</td>';
  const { verdict, headline, lines } = cell;
  return `<td class="is-${verdict}"><b class="${verdict}">${escapeHtml(headline)}</b>${lines.map(spanOf).join('')}</td>`;
}

const spanOf = (text: string) => `<span>${escapeHtml(text)}</span>`;
