/** The report as one HTML page that needs no network: table, charts, what it ran on; readable in light and dark. */

import { type Judged, rounded, withUnit } from '#bench/targets.ts';
import { escapeHtml } from './escape.ts';
import { MATRIX_STYLE, renderMatrix } from './matrix.ts';
import type { Report, Table } from './model.ts';

const STYLE = `
  :root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d2327; --soft: #5c666d; --line: #d9d6cd;
    --subject: #2f6f8f; --limit: #a9b4b9; --mark: #b3402a; --held: #2c7a4b; --short: #b3402a; --open: #8a6a16; }
  @media (prefers-color-scheme: dark) { :root { --paper: #16191b; --ink: #e6e4df; --soft: #9aa4aa; --line: #343a3e;
    --subject: #5fa8cc; --limit: #5d686e; --mark: #ef8a6f; --held: #6fcf97; --short: #ef8a6f; --open: #e0b755; } }
  body { margin: 0 auto; max-width: 960px; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
    font: 15px/1.5 system-ui, sans-serif; }
  h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 8px; } h3 { margin: 28px 0 0; font-size: 16px; }
  p { margin: 4px 0 8px; color: var(--soft); } code { font-size: 13px; }
  .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
  td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .held { color: var(--held); font-weight: 600; } .short { color: var(--short); font-weight: 600; }
  .open { color: var(--open); font-weight: 600; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; } dt { color: var(--soft); } dd { margin: 0; }
  .key::before { content: ''; display: inline-block; width: 11px; height: 11px; margin: 0 6px 0 14px; background: var(--colour); }
`;

/** Plot draws for a width; a changed window is drawn anew. */
const SCRIPT = `
  const report = JSON.parse(document.getElementById('report').textContent);
  const draw = () => {
    for (const place of document.querySelectorAll('[data-chart]'))
      place.replaceChildren(plotChart(report.charts[place.dataset.chart], Math.max(place.clientWidth, 520)));
  };
  draw();
  addEventListener('resize', draw);
`;

const KEY = `<p><span class="key" style="--colour: var(--subject)">the shop</span><span class="key" style="--colour: var(--limit)">its limit, measured in the same run</span><span class="key" style="--colour: var(--mark)">target</span></p>`;

const hasLimit = ({ kind }: Report['charts'][number]) => kind === 'bars' || kind === 'distribution';

const VERDICT_CLASS = { held: 'held', short: 'short', 'not measured': 'open' } as const;

/** @param chartCode the bundle of charts.ts. */
export function renderPage(report: Report, chartCode: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.title)}</title>
<style>${STYLE}${report.matrix === undefined ? '' : MATRIX_STYLE}</style>
</head>
<body>
<h1>${escapeHtml(report.title)}</h1>
<p>${escapeHtml(summaryOf(report))}</p>
${renderSurroundings(report)}
<h2>Targets</h2>
<div class="scroll"><table>
<thead><tr><th>What</th><th>Figure</th><th>Spread</th><th>Target</th><th>Verdict</th></tr></thead>
<tbody>${report.judged.map(renderRow).join('')}</tbody>
</table></div>
${report.matrix === undefined ? '' : renderMatrix(report.matrix)}
${report.charts.length === 0 ? '' : renderChartsHead(report)}
${report.charts.map(renderChart).join('')}
${report.tables.map(renderTable).join('')}
<script type="application/json" id="report">${escapeScript(JSON.stringify(report))}</script>
<script>${chartCode.replaceAll('</script', '<\\/script')}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function summaryOf({ judged, about }: Report): string {
  const count = (verdict: Judged['verdict']) => judged.filter((line) => line.verdict === verdict).length;
  return `${count('held')} targets held, ${count('short')} short, ${count('not measured')} not measured. ${about}`;
}

function renderSurroundings(report: Report): string {
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  const lines: readonly (readonly [string, string])[] = [
    ['Date', report.startedAt],
    ['Command', report.command],
    ['Commit', report.commit],
    ['Machine', report.machine.join('; ')],
    ['Versions', versions.join(', ')],
    ['Took', `${Math.round(report.durationSeconds)} s`],
  ];
  const rows = lines.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`);
  return `<dl>${rows.join('')}</dl>`;
}

function renderRow({ target, outcome, verdict }: Judged): string {
  const missing = 'missing' in outcome;
  const figure = missing ? '–' : withUnit(outcome.figure.median, target.unit);
  const spread = missing
    ? escapeHtml(outcome.missing)
    : outcome.figure.rounds.length > 1
      ? `${rounded(outcome.figure.least)} to ${rounded(outcome.figure.greatest)}`
      : 'one value';
  return `<tr><td>${escapeHtml(target.name)}</td><td class="number">${figure}</td><td${missing ? '' : ' class="number"'}>${spread}</td>
<td class="number">${target.bound} ${withUnit(target.value, target.unit)}</td><td class="${VERDICT_CLASS[verdict]}">${verdict}</td></tr>`;
}

function renderChartsHead({ charts, chartsTitle, chartsNote }: Report): string {
  return `<h2>${escapeHtml(chartsTitle)}</h2>
${charts.some(hasLimit) ? KEY : ''}
<p>${escapeHtml(chartsNote)}</p>`;
}

function renderChart(chart: Report['charts'][number], index: number): string {
  return `<h3>${escapeHtml(chart.title)}</h3><p>${escapeHtml(chart.note)}</p><div class="scroll" data-chart="${index}"></div>`;
}

function renderTable({ title, note, head, rows }: Table): string {
  const cells = (row: readonly string[]) => row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
  return `<h2>${escapeHtml(title)}</h2><p>${escapeHtml(note)}</p><div class="scroll"><table>
<thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table></div>`;
}

/** JSON inside a script element must not be able to end it. */
function escapeScript(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
