/**
 * One cart is paid for, and everything that can get in the way does: rates and discounts change after it was quoted, the
 * shopper repeats the request with its key,
 * another tab checks out the same cart, webhooks come late, twice and out of order, the bank asks the shopper, time
 * passes, the reconciler runs, workers take events twice, operations are lost, processes die. Then all faults end,
 * and the story is brought to rest.
 */

import { eq } from 'drizzle-orm';
import type { StoredAnswer } from '#db/idempotency.ts';
import { orders } from '#db/schema/orders.ts';
import { payments, refunds } from '#db/schema/payments.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import { checkOut } from '#origin/checkout/service.ts';
import type { Deps } from '#origin/deps.ts';
import { isOpen } from '#origin/orders/service.ts';
import { receiveWebhook, reconcileOverdue, reconcileRefunds } from '#origin/payments/service.ts';
import { checkoutBody } from '#test/support/shopping.ts';
import { gatedDeps, gatedMailer } from './gated-deps.ts';
import { goodsOf } from './goods.ts';
import { type Regret, regretsOf } from './regrets.ts';
import { createScheduler, type Fate, type Gate, type Scheduler } from './scheduler.ts';
import { events, type StripeSide, sign, watchStripe } from './stripe-side.ts';
import { type Effects, takeEvents, watchEffects } from './worker-side.ts';
import { changeRules, LONG_MS, openScene, type Scene, type World } from './world.ts';

export interface StoryOptions {
  readonly seed: number;
  /** Of an operation, by its number in the story; the seed's own choice if left out. */
  readonly fateOf?: (step: number) => Fate;
  /** Nothing but a shopper with this card; the seed's own story if left out. */
  readonly plainCard?: Card;
  /** With the plain card: what was bought is sent, and some of it sent back. */
  readonly goods?: true;
}

export interface Told {
  readonly scene: Scene;
  readonly stripe: StripeSide;
  readonly effects: Effects;
  readonly regrets: readonly Regret[];
  /** What the shopper's browser, and another tab of it, were answered in the end; null for one that went away. */
  readonly answers: readonly (StoredAnswer | null)[];
  readonly trace: readonly string[];
  readonly operations: number;
  readonly faults: number;
}

/** Magic cards of Stripe's, and the double's own that stays `processing`; the likelier ones more than once. */
const CARDS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_chargeDeclined',
  'pm_card_authenticationRequired',
  'pm_card_authenticationRequired',
  'pm_double_processing',
] as const;
export type Card = (typeof CARDS)[number];
export const ALL_CARDS = [...new Set(CARDS)];

const FAULTS: readonly Fate[] = ['lost_before', 'lost_after', 'crash_before', 'crash_after'];
const FAULT_CHANCE = 0.04;
const MAX_ATTEMPTS = 4;
/** For which staff waits for a shopper's answer: many more than a checkout takes. */
const MAX_TURNS = 200;
const SERVER_ERROR = 500;

export async function tell(world: World, { seed, fateOf, plainCard, goods }: StoryOptions): Promise<Told> {
  const scene = await openScene(world, seed);
  const { random } = scene;
  const scheduler = createScheduler({
    choose: (turns) => random.integer(0, turns.length - 1),
    fateOf: ({ step }) => fateOf?.(step) ?? (random.chance(FAULT_CHANCE) ? random.pick(FAULTS) : 'done'),
  });
  const stripe = watchStripe(world.shop, scene);
  const effects = watchEffects();
  const others = plainCard === undefined ? regretsOf(scene) : [];
  const withGoods = plainCard === undefined || goods === true;
  const regrets = [...others, ...(withGoods ? goodsOf(scene, goods === true) : [])];
  const play: Play = { world, scene, scheduler, stripe, effects, regrets };
  const browsers = [openBrowser(play, 'shopper', plainCard ?? random.pick(CARDS))];
  if (plainCard === undefined) browsers.push(...surroundings(play));
  else if (goods) openStaff(play, browsers);
  await scheduler.run();
  const answers = await comeToRest(play, browsers);
  const { operations, faults } = scheduler.counts;
  return { scene, stripe, effects, regrets, answers, trace: scheduler.trace, operations, faults };
}

export interface Play {
  readonly world: World;
  readonly scene: Scene;
  readonly scheduler: Scheduler;
  readonly stripe: StripeSide;
  readonly effects: Effects;
  readonly regrets: readonly Regret[];
}

/** A process of its own, with the outside behind its gate. */
function processOf({ scene, stripe }: Play, gate: Gate): Deps {
  return gatedDeps({ ...scene.deps, payments: stripe.gateway }, gate);
}

interface Browser {
  readonly key: string;
  readonly card: string;
  answer: StoredAnswer | null;
  attempts: number;
}

/** Sends the checkout, and sends it again with its key until there is an answer that is one. */
function openBrowser(play: Play, name: string, card: Card): Browser {
  const isHasty = play.scene.random.chance(0.4);
  const browser: Browser = { key: `${name}-${play.scene.cartId}`, card, answer: null, attempts: 0 };
  const attempt = async (): Promise<void> => {
    browser.attempts += 1;
    const number = browser.attempts;
    const ended = await play.scheduler.spawn(`${name} ${number}`, async (gate) => {
      await gate.idle();
      return request(processOf(play, gate), play.scene, browser);
    });
    const answer = ended.kind === 'value' ? ended.value : null;
    browser.answer ??= answer;
    if (browser.answer !== null || browser.attempts >= MAX_ATTEMPTS) return;
    play.scene.clock.advance(play.scene.random.integer(0, 3) * MINUTE_MS);
    await attempt();
  };
  void attempt();
  if (isHasty) {
    // Waits no longer for the answer, and sends the request again while the first one runs.
    void play.scheduler.spawn(`${name} is impatient`, async (gate) => {
      await gate.idle();
      await gate.idle();
      if (browser.answer === null && browser.attempts < MAX_ATTEMPTS) void attempt();
    });
  }
  return browser;
}

/** What a client is told; null for a failure after which it asks again. */
async function request(
  deps: Deps,
  { guest, cartId, terms }: Scene,
  browser: Browser,
): Promise<StoredAnswer | null> {
  const quote = terms === null ? {} : { quote: terms.quote };
  try {
    return await checkOut(deps, guest, browser.key, { ...checkoutBody(cartId, browser.card), ...quote });
  } catch (error) {
    if (!(error instanceof AppError)) return null;
    const { status, retryable } = PROBLEMS[error.code];
    return status >= SERVER_ERROR || retryable ? null : { status, body: { code: error.code } };
  }
}

/** Sends what was bought once the shopper has an answer, and takes it back; again, until it is done. */
function openStaff(play: Play, browsers: readonly Browser[]): void {
  const attempt = async (number: number): Promise<void> => {
    await play.scheduler.spawn(`staff ${number}`, async (gate) => {
      for (let turn = 0; turn < MAX_TURNS && browsers[0]?.answer === null; turn += 1) await gate.idle();
      for (const regret of play.regrets) await regret.act(processOf(play, gate));
    });
    if (number < MAX_ATTEMPTS && play.regrets.some(({ isDone }) => !isDone)) await attempt(number + 1);
  };
  void attempt(1);
}

/** Everything that is not the shopper. */
function surroundings(play: Play): Browser[] {
  const { scheduler, scene, stripe } = play;
  const { random, clock } = scene;
  const often = (name: string, most: number, act: (deps: Deps, gate: Gate) => Promise<unknown>) => {
    for (let left = random.integer(0, most); left > 0; left -= 1) {
      void scheduler.spawn(`${name} ${left}`, async (gate) => {
        for (let delay = random.integer(0, 12); delay >= 0; delay -= 1) await gate.idle();
        await act(processOf(play, gate), gate);
      });
    }
  };
  often('webhook', 6, (deps) => deliverOne(play, deps));
  often('reconciler', 3, reconcileOverdue);
  often('merchant', 1, (deps) => changeRules(deps, scene));
  often('refund reconciler', 1, reconcileRefunds);
  for (const regret of play.regrets) often(regret.name, 2, (deps) => regret.act(deps));
  often('worker', 4, (deps, gate) => takeEvents(deps, play, gatedMailer(play.effects.mailer, gate)));
  often('bank', 2, () => stripe.bankDecides(random));
  often('clock', 3, async () => clock.advance(random.pick([1, 5, 20, 31, 45]) * MINUTE_MS));
  return random.chance(0.3) ? [openBrowser(play, 'other tab', random.pick(CARDS))] : [];
}

async function deliverOne(play: Play, deps: Deps): Promise<void> {
  const told = await events(play.world.shop, play.stripe);
  if (told.length === 0) return;
  await receiveWebhook(deps, await sign(play.scene.random.pick(told), play.scene.clock));
}

const MAX_ROUNDS = 12;

/** No more faults: browsers ask until they know, Stripe's events arrive, time passes, the reconciler and workers run. */
async function comeToRest(play: Play, browsers: readonly Browser[]): Promise<(StoredAnswer | null)[]> {
  const { scene, stripe, world } = play;
  const deps: Deps = { ...scene.deps, payments: stripe.gateway };
  const staying = browsers.filter((browser) => browser === browsers[0] || scene.random.chance(0.5));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    for (const regret of play.regrets) if (regret.isBegun) await regret.act(deps);
    for (const browser of staying) browser.answer ??= await request(deps, scene, browser);
    for (const event of scene.random.shuffled(await events(world.shop, stripe))) {
      await receiveWebhook(deps, await sign(event, scene.clock));
    }
    await stripe.bankDecides(scene.random);
    const isAllTaken = await takeEvents(deps, play, play.effects.mailer);
    const isKnown = staying.every(({ answer }) => answer !== null);
    if (isKnown && isAllTaken && !(await isHalfWay(play))) break;
    scene.clock.advance(round === 0 ? 3 * MINUTE_MS : LONG_MS);
    await reconcileOverdue(deps);
    await reconcileRefunds(deps);
  }
  return browsers.map(({ answer }) => answer);
}

/** Whether an order waits for its payment, or a refund for Stripe. */
async function isHalfWay({ world, scene }: Play): Promise<boolean> {
  const rows = await world.shop.deps.db
    .select({ status: orders.status, refund: refunds.status })
    .from(orders)
    .innerJoin(payments, eq(payments.orderId, orders.id))
    .leftJoin(refunds, eq(refunds.paymentId, payments.id))
    .where(eq(orders.cartId, scene.cartId));
  return rows.some(({ status, refund }) => isOpen(status) || refund === 'pending');
}

/** The seed of the n-th story, far from its neighbours'. */
export function seedOf(base: number, n: number): number {
  return (base * 1_000_003 + n * 7_919) >>> 0;
}
