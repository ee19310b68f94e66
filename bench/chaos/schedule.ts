/**
 * What goes wrong, when and for how long: all of it drawn from the seed before anything starts. Pure. Faults come in
 * episodes; between two of them there is time to see how long the shop takes to be itself again.
 */

import { createRandom, type Random } from '#db/seed/random.ts';
import { present } from '#lib/assert.ts';
import { describeLinkFault, type LinkFault } from './link-fault.ts';

export const PROCESSES = [
  ...(['origin-1', 'origin-2', 'workers-1', 'workers-2'] as const),
  ...(['postgres', 'redis', 'nats', 'stripe'] as const),
] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** The network between origin and workers on one side and these on the other. */
export const LINKS = ['postgres', 'redis', 'nats', 'stripe'] as const;
export type LinkName = (typeof LINKS)[number];

export type Fault =
  /** Ended without warning; `isWiped`: what it had stored is lost with it. */
  | { readonly kind: 'kill'; readonly target: ProcessName; readonly isWiped: boolean }
  /** Stands still, with its connections open. */
  | { readonly kind: 'freeze'; readonly target: ProcessName }
  | { readonly kind: 'network'; readonly target: LinkName; readonly fault: LinkFault };

export interface Strike {
  /** Since the beginning of the run. */
  readonly atMs: number;
  /** From the fault to its end, or to the new start of what was killed. */
  readonly lastsMs: number;
  readonly fault: Fault;
}

export interface Episode {
  /** In order of time; the first is why the episode is there. */
  readonly strikes: readonly Strike[];
}

/** Shoppers are under way by then. */
const CALM_BEFORE_MS = 3_000;
/** The limit for being normal again is 5 s; the start of a killed process comes before. */
const CALM_BETWEEN_MS = 6_500;
const SHORTEST_MS = 300;
const LONGEST_MS = 3_000;
const SECOND_FAULT = 0.4;

/** Whole episodes only; a run that is too short for one has none. */
export function drawSchedule(seed: number, durationMs: number): readonly Episode[] {
  const random = createRandom(seed);
  const episodes: Episode[] = [];
  let deck = newDeck(random);
  for (let atMs = CALM_BEFORE_MS; ; ) {
    const fault = present(deck.shift(), 'a fault of the deck');
    if (deck.length === 0) deck = newDeck(random);
    const main: Strike = { atMs, lastsMs: random.integer(SHORTEST_MS, LONGEST_MS), fault };
    const episode = { strikes: [main, ...drawSecond(random, main)] };
    if (endOf(episode) > durationMs) return withWipe(episodes);
    episodes.push(episode);
    atMs = endOf(episode) + CALM_BETWEEN_MS;
  }
}

export function endOf({ strikes }: Episode): number {
  return Math.max(...strikes.map(({ atMs, lastsMs }) => atMs + lastsMs));
}

/** Every process is killed once before any is killed twice, with some freezes and bad networks among them. */
function newDeck(random: Random): Fault[] {
  return random.shuffled<Fault>([
    ...PROCESSES.map((target): Fault => ({ kind: 'kill', target, isWiped: false })),
    ...[1, 2, 3].map((): Fault => ({ kind: 'freeze', target: random.pick(PROCESSES) })),
    ...[1, 2, 3].map((): Fault => drawNetwork(random)),
  ]);
}

/** While the first lasts something else may go wrong, too. */
function drawSecond(random: Random, main: Strike): readonly Strike[] {
  const isTaken = random.chance(SECOND_FAULT);
  const atMs = main.atMs + random.integer(0, main.lastsMs);
  const lastsMs = random.integer(SHORTEST_MS, LONGEST_MS);
  const fault = drawFault(random);
  const isSame = fault.target === main.fault.target;
  return isTaken && !isSame ? [{ atMs, lastsMs, fault }] : [];
}

function drawFault(random: Random): Fault {
  switch (random.pick(['kill', 'freeze', 'network'] as const)) {
    case 'kill':
      return { kind: 'kill', target: random.pick(PROCESSES), isWiped: false };
    case 'freeze':
      return { kind: 'freeze', target: random.pick(PROCESSES) };
    case 'network':
      return drawNetwork(random);
  }
}

function drawNetwork(random: Random): Fault {
  const faults: readonly LinkFault[] = [
    { kind: 'latency', ms: random.integer(20, 400) },
    { kind: 'reset' },
    { kind: 'black hole' },
    { kind: 'cut', afterBytes: random.integer(1, 4_000) },
    { kind: 'rate', bytesPerSecond: random.integer(2_000, 50_000) },
  ];
  return { kind: 'network', target: random.pick(LINKS), fault: random.pick(faults) };
}

/** In the middle of every run NATS loses its store, in the place of whatever else was meant for then. */
function withWipe(episodes: readonly Episode[]): readonly Episode[] {
  const middle = Math.floor(episodes.length / 2);
  return episodes.map((episode, index) => {
    if (index !== middle) return episode;
    const [main, ...others] = episode.strikes;
    const wipe: Fault = { kind: 'kill', target: 'nats', isWiped: true };
    const apart = others.filter(({ fault }) => fault.target !== 'nats');
    return { strikes: [{ ...present(main, 'the main fault'), fault: wipe }, ...apart] };
  });
}

export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return fault.isWiped ? `${fault.target} killed, its store wiped` : `${fault.target} killed`;
    case 'freeze':
      return `${fault.target} frozen`;
    case 'network':
      return `network to ${fault.target}: ${describeLinkFault(fault.fault)}`;
  }
}
