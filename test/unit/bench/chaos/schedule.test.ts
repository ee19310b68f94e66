/** A seed is a schedule: what goes wrong, when, and what the shoppers want. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { drawSchedule, endOf, PROCESSES } from '#bench/chaos/schedule.ts';
import { drawVisit } from '#bench/chaos/visit.ts';

const MINUTE_MS = 60_000;
const SHELVES = { plenty: 40, scarce: 4, codes: 3 };
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const durations = fc.integer({ min: 0, max: 5 * MINUTE_MS });

test('the same seed gives the same schedule, another seed another one', () => {
  fc.assert(
    fc.property(seeds, durations, (seed, durationMs) => {
      expect(drawSchedule(seed, durationMs)).toEqual(drawSchedule(seed, durationMs));
    }),
  );
  expect(drawSchedule(1, MINUTE_MS)).not.toEqual(drawSchedule(2, MINUTE_MS));
});

test('every fault is over within the run, and episodes do not overlap', () => {
  fc.assert(
    fc.property(seeds, durations, (seed, durationMs) => {
      let free = 0;
      for (const episode of drawSchedule(seed, durationMs)) {
        for (const { atMs, lastsMs } of episode.strikes) {
          expect(atMs).toBeGreaterThan(free);
          expect(lastsMs).toBeGreaterThan(0);
        }
        free = endOf(episode);
        expect(free).toBeLessThanOrEqual(durationMs);
      }
    }),
  );
});

test('no process is killed or frozen twice in one episode', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      for (const { strikes } of drawSchedule(seed, 2 * MINUTE_MS)) {
        const targets = strikes.map(({ fault }) => fault.target);
        expect(new Set(targets).size).toBe(targets.length);
      }
    }),
  );
});

test('in every run of two minutes NATS loses its store once, and most processes are killed', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const faults = drawSchedule(seed, 2 * MINUTE_MS).flatMap(({ strikes }) => strikes);
      const kills = faults.flatMap(({ fault }) => (fault.kind === 'kill' ? [fault] : []));
      expect(kills.filter(({ isWiped }) => isWiped)).toHaveLength(1);
      expect(new Set(kills.map(({ target }) => target)).size).toBeGreaterThanOrEqual(PROCESSES.length / 2);
    }),
  );
});

test('a visit is the same each time it is drawn, and takes each variant once', () => {
  const which = fc.record({ seed: seeds, shopper: fc.nat(100), number: fc.nat(10_000) });
  fc.assert(
    fc.property(which, (visit) => {
      const drawn = drawVisit(visit, SHELVES);
      expect(drawVisit(visit, SHELVES)).toEqual(drawn);
      const places = drawn.lines.map(({ shelf, variant }) => `${shelf} ${variant}`);
      expect(places.length).toBeGreaterThan(0);
      expect(new Set(places).size).toBe(places.length);
      for (const { shelf, variant } of drawn.lines) expect(variant).toBeLessThan(SHELVES[shelf]);
    }),
  );
});

test('shoppers are not all alike', () => {
  const visits = Array.from({ length: 500 }, (_, number) =>
    drawVisit({ seed: 1, shopper: 0, number }, SHELVES),
  );
  for (const trait of ['isMember', 'agrees', 'clicksTwice', 'isImpatient', 'changesMind'] as const) {
    expect(new Set(visits.map((visit) => visit[trait])).size).toBe(2);
  }
  expect(new Set(visits.map(({ card }) => card)).size).toBe(3);
});
