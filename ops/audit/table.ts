/** The report as people read it: a line for each check, then the rows of what is breached. */

import { SECOND_MS } from '#lib/clock.ts';
import { type AuditReport, type CheckReport, INVARIANTS } from './report.ts';

const NUMBER_WIDTH = 10;
const NAME_WIDTH = 28;
const PROMISE_WIDTH = 42;
const LINE_START = '    ';

function stateOf({ leftOut, breaches, inFlight }: CheckReport): string {
  if (leftOut !== null) return `left out: ${leftOut}`;
  const flying = inFlight === 0 ? '' : `, ${inFlight} in flight`;
  return breaches === 0 ? `ok${flying}` : `BREACHED by ${breaches}${flying}`;
}

function checkLine(check: CheckReport): string {
  const checked = check.leftOut === null ? check.checked.toLocaleString('en-US') : '-';
  return `  ${check.invariant}  ${check.name.padEnd(NAME_WIDTH)}${checked.padStart(NUMBER_WIDTH)}  ${stateOf(check)}`;
}

function inCell(value: unknown): string {
  // JSON escapes what a terminal would obey.
  return typeof value === 'string' && /^[\w:.@+-]+$/.test(value) ? value : JSON.stringify(value);
}

function breachLines({ invariant, name, promise, breaches, rows }: CheckReport): string[] {
  const shown = rows.map((row) => {
    const cells = Object.entries(row).map(([column, value]) => `${column}=${inCell(value)}`);
    return `${LINE_START}${cells.join('  ')}`;
  });
  const more = breaches - rows.length;
  const head = `  ${invariant} ${name}: breached is that ${promise}`;
  return ['', head, ...shown, ...(more > 0 ? [`${LINE_START}and ${more.toLocaleString('en-US')} more`] : [])];
}

function verdictOn(name: string, checks: readonly CheckReport[]): string {
  const ofThis = checks.filter(({ invariant }) => invariant === name);
  const breaches = ofThis.reduce((sum, check) => sum + check.breaches, 0);
  const leftOut = ofThis.filter((check) => check.leftOut !== null).length;
  const limits = leftOut === 0 ? '' : `, ${leftOut} checks left out`;
  return `${breaches === 0 ? 'holds' : `breached by ${breaches} rows`}${limits}`;
}

export function toText(report: AuditReport): string {
  const { checks, verdict, breached, inFlight, tookMs, at } = report;
  const invariants = Object.entries(INVARIANTS).map(
    ([name, promise]) => `  ${name}  ${promise.padEnd(PROMISE_WIDTH)}${verdictOn(name, checks)}`,
  );
  const rows = checks.filter(({ breaches }) => breaches > 0).flatMap(breachLines);
  const seconds = (tookMs / SECOND_MS).toFixed(1);
  const flying = inFlight === 0 ? '' : ` ${inFlight} rows are in flight.`;
  const ending =
    verdict === 'clean' ? `The books are clean.${flying}` : `BREACHED: ${breached.join(', ')}.${flying}`;
  return [
    `Audit of ${at}, ${seconds} s`,
    '',
    `      ${'check'.padEnd(NAME_WIDTH)}${'checked'.padStart(NUMBER_WIDTH)}`,
    ...checks.map(checkLine),
    ...rows,
    '',
    ...invariants,
    '',
    ending,
  ].join('\n');
}
