/** What a shopper means to do, drawn from the seed: the same seed sends the same shoppers. Pure. */

import { createRandom, type Random } from '#db/seed/random.ts';

export const CARDS = {
  good: 'pm_card_visa',
  declined: 'pm_card_chargeDeclinedInsufficientFunds',
  challenged: 'pm_card_authenticationRequired',
} as const;
export type Card = keyof typeof CARDS;

export interface WantedLine {
  /** Number of the variant on its shelf. */
  readonly variant: number;
  readonly shelf: 'plenty' | 'scarce';
  readonly quantity: number;
}

export interface Visit {
  /** Unique within the run. */
  readonly name: string;
  readonly isMember: boolean;
  readonly lines: readonly WantedLine[];
  readonly card: Card;
  /** What the bank hears from the shopper when it asks. */
  readonly agrees: boolean;
  /** Sends the checkout twice at once, under one key. */
  readonly clicksTwice: boolean;
  /** Gives up each try early and comes again with the same key. */
  readonly isImpatient: boolean;
  /** Cancels the order that was just paid. */
  readonly changesMind: boolean;
  /** Of the codes that there are, the number of the one that is entered; null for none. */
  readonly code: number | null;
  /** Before the visit. */
  readonly pauseMs: number;
}

export interface Shelves {
  readonly plenty: number;
  readonly scarce: number;
  readonly codes: number;
}

const MEMBER = 0.08;
const SCARCE_LINE = 0.2;
const DECLINED = 0.1;
const CHALLENGED = 0.12;
const AGREES = 0.7;
const CLICKS_TWICE = 0.15;
const IMPATIENT = 0.1;
const CHANGES_MIND = 0.06;
const HAS_CODE = 0.5;
const MAX_LINES = 3;
const MAX_QUANTITY = 3;
const MAX_PAUSE_MS = 400;
/** Visits of different shoppers and seeds must not share their numbers. */
const SHOPPER_STRIDE = 7_919;
const SEED_STRIDE = 1_000_003;

export interface WhichVisit {
  readonly seed: number;
  readonly shopper: number;
  /** 0 for the shopper's first. */
  readonly number: number;
}

export function drawVisit({ seed, shopper, number }: WhichVisit, shelves: Shelves): Visit {
  const random = createRandom(seed * SEED_STRIDE + shopper * SHOPPER_STRIDE + number);
  const cardAt = random.fraction();
  return {
    name: `s${shopper}-v${number}`,
    isMember: random.chance(MEMBER),
    lines: drawLines(random, shelves),
    card: cardAt < DECLINED ? 'declined' : cardAt < DECLINED + CHALLENGED ? 'challenged' : 'good',
    agrees: random.chance(AGREES),
    clicksTwice: random.chance(CLICKS_TWICE),
    isImpatient: random.chance(IMPATIENT),
    changesMind: random.chance(CHANGES_MIND),
    pauseMs: random.integer(0, MAX_PAUSE_MS),
    code: random.chance(HAS_CODE) ? random.integer(0, shelves.codes - 1) : null,
  };
}

/** Different variants; a line of scarce goods is always for one. */
function drawLines(random: Random, shelves: Shelves): readonly WantedLine[] {
  const lines = Array.from({ length: random.integer(1, MAX_LINES) }, (): WantedLine => {
    const isScarce = random.chance(SCARCE_LINE);
    const shelf = isScarce ? 'scarce' : 'plenty';
    const variant = random.integer(0, shelves[shelf] - 1);
    const quantity = random.integer(1, MAX_QUANTITY);
    return { shelf, variant, quantity: isScarce ? 1 : quantity };
  });
  return lines.filter(
    (line, index) =>
      lines.findIndex(({ shelf, variant }) => shelf === line.shelf && variant === line.variant) === index,
  );
}
