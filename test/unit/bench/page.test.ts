/** The report as a page: whole by itself, and safe whatever a run has to say. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { escapeHtml } from '#bench/page/escape.ts';
import type { Report } from '#bench/page/model.ts';
import { renderPage } from '#bench/page/page.ts';
import { judge } from '#bench/read/targets.ts';
import { figureOf } from '#bench/statistics.ts';

function report(text: string): Report {
  return {
    title: 'A run',
    startedAt: '2026-09-03T10:00:00.000Z',
    command: text,
    commit: text,
    machine: [text],
    versions: { bun: '1.4.5' },
    durationSeconds: 12.3,
    parameters: { sizes: [1_000] },
    about: text,
    chartsTitle: text,
    chartsNote: text,
    judged: judge({ freshTail: { figure: figureOf([100, 120, 130]) }, redisRate: { missing: text } }),
    charts: [
      {
        kind: 'bars',
        title: text,
        note: text,
        unit: 'ms',
        bars: [{ label: text, role: 'limit', figure: figureOf([1]) }],
        marks: [],
      },
    ],
    tables: [{ title: text, note: text, head: [text], rows: [[text]] }],
  };
}

test('the page fetches nothing and has every target, its verdict and what it ran on', () => {
  const page = renderPage(report('plain words'), 'const plotChart = () => null;');
  expect(page).not.toMatch(/(src|href)=|@import|url\(/);
  for (const { target } of report('').judged) expect(page).toContain(escapeHtml(target.name));
  for (const word of ['held', 'not measured', 'plain words', 'bun 1.4.5', '2026-09-03']) {
    expect(page).toContain(word);
  }
});

test('no text of a run ends an element early', () => {
  const nasty = fc.constantFrom('</script>', '<script>', '"><img>', '<!--', ']]>', '&lt;', "' onload='");
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1 }), (parts) => {
      const text = parts.join(' ');
      const page = renderPage(report(text), 'let a = "</script>";');
      expect(page.match(/<\/script>/g)).toHaveLength(3);
      expect(page.match(/<script/g)).toHaveLength(3);
      expect(page).not.toContain('<img>');
    }),
  );
});

test('the data in the page is the report', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const page = renderPage(report(text), '');
      const json = /<script type="application\/json" id="report">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(report(text))));
    }),
  );
});
