/**
 * The money path under every interleaving: seeded stories over the real code, a real database and the Stripe double.
 * `SIM_STORIES` (200) sets how many, `SIM_SEED` (1) which, `SIM_FROM` (1) the first; a breach names its seed and prints
 * its story.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import type { Fate } from './scheduler.ts';
import { ALL_CARDS, type StoryOptions, seedOf, type Told, tell } from './story.ts';
import { breachesOf } from './verdict.ts';
import { openWorld, type World } from './world.ts';

const STORIES = Number(process.env['SIM_STORIES'] ?? 200);
const SEED = Number(process.env['SIM_SEED'] ?? 1);
const FROM = Number(process.env['SIM_FROM'] ?? 1);
const WORLDS = 2;

setDefaultTimeout(60 * MINUTE_MS);

let worlds: readonly World[];
beforeAll(async () => {
  worlds = await Promise.all(Array.from({ length: WORLDS }, openWorld));
});
afterAll(() => Promise.all(worlds.map(({ shop }) => shop.close())));

async function tellAndJudge(world: World, options: StoryOptions): Promise<Told> {
  const told = await tell(world, options);
  const breaches = await breachesOf(world, told);
  if (breaches.length > 0) {
    throw new Error(`seed ${options.seed}: ${breaches.join('; ')}\n${told.trace.join('\n')}`);
  }
  return told;
}

test(`${STORIES} stories end with one order and one charge, or with none`, async () => {
  const traces = new Set<number | bigint>();
  let operations = 0;
  let faults = 0;
  let begun = 0;
  const work = async (world: World) => {
    while (begun < STORIES) {
      begun += 1;
      const told = await tellAndJudge(world, { seed: seedOf(SEED, FROM + begun - 1) });
      traces.add(Bun.hash(told.trace.join('\n')));
      operations += told.operations;
      faults += told.faults;
    }
  };
  await Promise.all(worlds.map(work));
  process.stdout.write(
    `      ${traces.size} different stories, ${operations} operations, ${faults} faults\n`,
  );
  // As good as all of them differ: what repeats are the shortest ones.
  expect(traces.size).toBeGreaterThan(STORIES * 0.9);
});

const FATES = ['crash_before', 'crash_after', 'lost_before', 'lost_after'] as const;

test.each(FATES)('a checkout with %s at any one of its operations is finished or undone', async (fate) => {
  await Promise.all(
    worlds.map(async (world, index) => {
      for (const plainCard of ALL_CARDS.filter((_, n) => n % WORLDS === index)) {
        const { operations } = await tellAndJudge(world, { seed: SEED, plainCard, fateOf: () => 'done' });
        for (let at = 1; at <= operations; at += 1) {
          const fateOf = (step: number): Fate => (step === at ? fate : 'done');
          await tellAndJudge(world, { seed: SEED, plainCard, fateOf });
        }
      }
    }),
  );
});

test.each(FATES)(
  'goods that are sent and sent back with %s at any one operation end where they belong',
  async (fate) => {
    const plain = { seed: SEED, plainCard: 'pm_card_visa', goods: true } as const;
    const [first] = worlds;
    if (first === undefined) throw new Error('there is no world');
    const { operations } = await tellAndJudge(first, { ...plain, fateOf: () => 'done' });
    let at = 0;
    const work = async (world: World) => {
      while (at < operations) {
        at += 1;
        const faulty = at;
        const fateOf = (step: number): Fate => (step === faulty ? fate : 'done');
        await tellAndJudge(world, { ...plain, fateOf });
      }
    };
    await Promise.all(worlds.map(work));
  },
);
