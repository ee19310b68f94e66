/** Whether a cell was as designed, from what was seen. Pure. */

import { SECOND_MS } from '#lib/clock.ts';
import { type Design, normalWithinMs, REFUSED_AT_MOST, type Service } from './design.ts';
import { type Entry, KINDS, type Kind } from './ledger.ts';
import type { PlayedCell } from './play.ts';

export interface Tally {
  readonly all: number;
  readonly good: number;
  readonly refused: number;
  readonly broken: number;
  /** Of the good ones. */
  readonly stale: number;
  readonly degraded: number;
  readonly slowestMs: number;
  /** Other answers than good ones, the most frequent first. */
  readonly complaints: readonly (readonly [string, number])[];
}

export interface JudgedCell extends PlayedCell {
  readonly design: Design;
  readonly tallies: Readonly<Record<Kind, Tally>>;
  readonly normalWithinMs: number;
  /** A sentence for each thing that is not as designed. */
  readonly breaches: readonly string[];
}

function tallyOf(entries: readonly Entry[]): Tally {
  const count = (isMeant: (entry: Entry) => boolean) => entries.filter(isMeant).length;
  const complaints = new Map<string, number>();
  for (const { what } of entries) if (what !== '') complaints.set(what, (complaints.get(what) ?? 0) + 1);
  return {
    all: entries.length,
    good: count(({ verdict }) => verdict === 'good'),
    refused: count(({ verdict }) => verdict === 'refused'),
    broken: count(({ verdict }) => verdict === 'broken'),
    stale: count(({ isStale }) => isStale),
    degraded: count(({ isDegraded }) => isDegraded),
    slowestMs: entries.reduce((slowest, { tookMs }) => Math.max(slowest, tookMs), 0),
    complaints: [...complaints].toSorted(([, a], [, b]) => b - a),
  };
}

/** A shopper who has just paid has the email a moment later. */
const EMAILS_IN_HAND = 6;

export function judgeCell(played: PlayedCell, design: Design, faultMs: number): JudgedCell {
  const tallies = Object.fromEntries(
    KINDS.map((kind) => [kind, tallyOf(played.entries.filter((entry) => entry.kind === kind))]),
  ) as Record<Kind, Tally>;
  const limitMs = normalWithinMs(design, faultMs);
  const { normalAfterMs, emailsLate, emailsMissing } = played;
  const breaches = [
    ...complaintOf('warm read', tallies['warm read'], 'goes on'),
    ...complaintOf('cold read', tallies['cold read'], design.coldReads),
    ...complaintOf('cart', tallies.cart, design.carts),
    ...complaintOf('checkout', tallies.checkout, design.checkouts),
    ...(normalAfterMs === null || normalAfterMs > limitMs
      ? [`normal after ${inSeconds(normalAfterMs)}, not ${inSeconds(limitMs)}`]
      : []),
    ...(design.emails === 'at once' && emailsLate > EMAILS_IN_HAND ? [`${emailsLate} emails came late`] : []),
    ...(emailsMissing > 0 ? [`${emailsMissing} emails never came`] : []),
  ];
  return { ...played, design, tallies, normalWithinMs: limitMs, breaches };
}

function complaintOf(kind: Kind, tally: Tally, service: Service): readonly string[] {
  if (tally.all === 0) return [`there was no ${kind}`];
  const mayBeRefused = Math.floor(tally.all * REFUSED_AT_MOST[service]);
  if (tally.broken === 0 && tally.refused <= mayBeRefused) return [];
  const found = tally.complaints.map(([what, times]) => `${times} × ${what}`).join(', ');
  return [`${tally.all - tally.good} of ${tally.all} ${kind}s: ${found}`];
}

export function inSeconds(ms: number | null): string {
  return ms === null ? 'a time that is too long to wait for' : `${(ms / SECOND_MS).toFixed(1)} s`;
}
