/**
 * A shopper: takes a cart, fills it, pays, reads the order. Every try that brings no final answer is repeated, a
 * checkout under the same Idempotency-Key, until there is one.
 */

import type { Static } from '@sinclair/typebox';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import {
  type Answer,
  CartAnswer,
  type Client,
  checkoutBody,
  describeFailure,
  isWorthRepeating,
  OrderAnswer,
  type Owner,
  RefusedQuote,
  type Request,
  read,
} from './client.ts';
import { type Acknowledged, type Diary, type Ending, sinceBegin } from './diary.ts';
import { EDGE_WAITS_MS, IMPATIENT_MS } from './limits.ts';
import { CODES, WISHES } from './pricing.ts';
import type { Shelf } from './shelves.ts';
import { answerBank } from './stripe-customer.ts';
import { CARDS, type Visit } from './visit.ts';

export interface Shopping {
  readonly client: Client;
  readonly shelf: Shelf;
  readonly diary: Diary;
  readonly stripeUrl: string;
  /** The same run gives the same emails and keys. */
  readonly seed: number;
  /** False once nobody may wait any longer. */
  readonly mayGoOn: () => boolean;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const OK = 200;
const CREATED = 201;
const PAYMENT_REQUIRED = 402;
const POLL_MS = 200;
const MAX_QUOTES = 20;
const PASSWORD = 'a password of a shopper';

class GaveUp extends Error {}

/** Goes through the visit and notes how it ended. */
export async function visitShop(shopping: Shopping, visit: Visit): Promise<void> {
  const { diary } = shopping;
  await Bun.sleep(visit.pauseMs);
  const progress = { begunAt: performance.now(), tries: 0 };
  const ending = await shop(shopping, visit, progress).catch((error: unknown): Ending => {
    if (!(error instanceof GaveUp)) diary.contradictions.push(`${visit.name}: ${String(error)}`);
    return 'gave up';
  });
  const tookMs = performance.now() - progress.begunAt;
  diary.visits.push({ atMs: sinceBegin(diary), ending, tookMs, tries: progress.tries });
}

interface Progress {
  /** Of the checkout. */
  begunAt: number;
  tries: number;
}

async function shop(shopping: Shopping, visit: Visit, progress: Progress): Promise<Ending> {
  const email = `${visit.name}-${shopping.seed}@chaos.example`;
  const member = visit.isMember ? await signUp(shopping, email) : undefined;
  const { cart, owner } = await fillCart(shopping, visit, member);
  progress.begunAt = performance.now();
  const { answer, quotedMinor } = await payQuoted(shopping, visit, { cart, owner, email }, progress);
  if (answer.status === CREATED || answer.status === OK) {
    const order = acknowledge(shopping.diary, answer);
    if (order.total.amount !== quotedMinor) {
      shopping.diary.contradictions.push(
        `${visit.name} was quoted ${quotedMinor} and charged ${order.total.amount}`,
      );
    }
    return afterCheckout(shopping, visit, owner, order);
  }
  if (answer.status === PAYMENT_REQUIRED) return 'card declined';
  return answer.code === 'out_of_stock' ? 'out of stock' : refusal(shopping.diary, answer);
}

interface Paying extends FilledCart {
  readonly email: string;
}

/** Takes each fresh quote that a refusal brings, and goes without a code that others have used up. */
async function payQuoted(
  shopping: Shopping,
  visit: Visit,
  { cart: filled, owner, email }: Paying,
  progress: Progress,
): Promise<{ readonly answer: Answered; readonly quotedMinor: number }> {
  let cart = filled;
  for (let attempt = 0; ; attempt += 1) {
    const request: Request = {
      method: 'POST',
      path: '/checkout',
      body: checkoutBody({ cart, email, paymentMethodId: CARDS[visit.card] }),
      idempotencyKey: `chaos-${shopping.seed}-${visit.name}-${attempt}`,
      owner,
      timeoutMs: visit.isImpatient ? IMPATIENT_MS : EDGE_WAITS_MS,
    };
    const answer = await payOnce(shopping, visit, request, progress);
    if (answer.code === 'price_changed' && attempt < MAX_QUOTES) {
      noteConflict(shopping.diary, answer);
      cart = { ...cart, ...read(RefusedQuote, answer) };
    } else if (answer.code === 'code_used_up' && attempt < MAX_QUOTES) {
      noteConflict(shopping.diary, answer);
      const path = `/carts/${cart.id}/codes/${CODES[visit.code ?? 0]}`;
      cart = read(CartAnswer, await persist(shopping, { method: 'DELETE', path, owner }));
    } else {
      return { answer, quotedMinor: cart.quote.total.amount };
    }
  }
}

/** A change since the quote that nobody has named would be a contradiction. */
function noteConflict(diary: Diary, { status, code, body }: Answered): void {
  diary.failures.push({ atMs: sinceBegin(diary), what: `told of a change: ${status} ${code}` });
  const isNamed = code === 'code_used_up' || Value.Check(NamedChanges, body);
  if (!isNamed) diary.contradictions.push(`${code} names no change: ${JSON.stringify(body)}`);
}

const NamedChanges = Type.Object({ changes: Type.Array(Type.Object({}), { minItems: 1 }) });

type Answered = Extract<Answer, { readonly kind: 'answered' }>;

/** Both clicks of a double click must end alike. */
async function payOnce(
  shopping: Shopping,
  visit: Visit,
  request: Request,
  progress: Progress,
): Promise<Answered> {
  const clicks = visit.clicksTwice ? [0, 1] : [0];
  const answers = await Promise.all(clicks.map(() => persist(shopping, request, progress)));
  const [first, second = first] = answers;
  if (first === undefined || second === undefined) throw new GaveUp();
  if (first.status !== second.status) {
    shopping.diary.contradictions.push(
      `${visit.name} clicked twice and was told ${first.status} and ${second.status}`,
    );
  }
  return first;
}

function refusal(diary: Diary, { status, code }: Answered): Ending {
  diary.failures.push({ atMs: sinceBegin(diary), what: `final: ${status} ${code}` });
  return 'other refusal';
}

const Session = Type.Object({ accessToken: Type.String() });

async function signUp(shopping: Shopping, email: string): Promise<Owner> {
  const credentials = { email, password: PASSWORD };
  const body = { ...credentials, name: 'Sam Shopper' };
  // When an answer was lost, the account is there already: signing in tells.
  await persist(shopping, { method: 'POST', path: '/auth/register', body });
  const answer = await persist(shopping, { method: 'POST', path: '/auth/login', body: credentials });
  return { accessToken: read(Session, answer).accessToken };
}

interface FilledCart {
  readonly cart: Static<typeof CartAnswer>;
  readonly owner: Owner;
}

async function fillCart(
  shopping: Shopping,
  { lines, code }: Visit,
  member: Owner | undefined,
): Promise<FilledCart> {
  const asMember = member === undefined ? {} : { owner: member };
  let cart = read(CartAnswer, await persist(shopping, { method: 'POST', path: '/carts', ...asMember }));
  const owner = member ?? { cartToken: cart.token ?? '' };
  for (const { shelf, variant, quantity } of lines) {
    const body = { variantId: shopping.shelf[shelf][variant], quantity };
    const request: Request = { method: 'POST', path: `/carts/${cart.id}/items`, body, owner };
    cart = read(CartAnswer, await persist(shopping, request));
  }
  const path = `/carts/${cart.id}`;
  cart = read(CartAnswer, await persist(shopping, { method: 'PATCH', path, body: WISHES, owner }));
  if (code === null) return { cart, owner };
  const entry = { method: 'POST', path: `${path}/codes`, body: { code: CODES[code] }, owner } as const;
  const entered = await persist(shopping, entry);
  return { cart: entered.status === OK ? read(CartAnswer, entered) : cart, owner };
}

/** Until the answer is final. @throws {GaveUp} when nobody may wait any longer. */
async function persist(shopping: Shopping, request: Request, progress?: Progress): Promise<Answered> {
  let pauseMs = FIRST_PAUSE_MS;
  while (shopping.mayGoOn()) {
    if (progress !== undefined) progress.tries += 1;
    const answer = await shopping.client.ask(request);
    if (answer.kind === 'answered' && !isWorthRepeating(answer)) return answer;
    const { diary } = shopping;
    diary.failures.push({ atMs: sinceBegin(diary), what: describeFailure(answer) });
    await Bun.sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  throw new GaveUp();
}

function acknowledge(diary: Diary, answer: Answered): Static<typeof OrderAnswer> {
  const order = read(OrderAnswer, answer);
  const known = diary.acknowledged.get(order.id);
  const entry: Acknowledged = {
    ...{ orderId: order.id, number: order.number, totalMinor: order.total.amount, status: order.status },
  };
  if (known !== undefined && known.totalMinor !== entry.totalMinor) {
    diary.contradictions.push(`order ${order.number} has had two totals`);
  }
  diary.acknowledged.set(order.id, entry);
  return order;
}

type Order = Static<typeof OrderAnswer>;

async function afterCheckout(shopping: Shopping, visit: Visit, owner: Owner, order: Order): Promise<Ending> {
  if (order.status === 'requires_action') {
    await answerBank(shopping, order.clientSecret ?? '', visit.agrees);
    const settled = await readUntil(shopping, owner, order, (status) => status !== 'requires_action');
    return settled.status === 'paid' ? 'paid' : 'bank refused';
  }
  const path = `/orders/${order.id}`;
  if (visit.changesMind) {
    const idempotencyKey = `chaos-${shopping.seed}-${visit.name}-cancel`;
    const cancel = { method: 'POST', path: `${path}/cancel`, body: {}, owner, idempotencyKey } as const;
    const answer = await persist(shopping, cancel);
    if (answer.status === OK) {
      acknowledge(shopping.diary, answer);
      return 'paid, then cancelled';
    }
    refusal(shopping.diary, answer);
  }
  await readUntil(shopping, owner, order, () => true);
  return 'paid';
}

/** The order as the shop tells of it, once it says what is waited for. */
async function readUntil(
  shopping: Shopping,
  owner: Owner,
  { id }: Order,
  isEnough: (status: string) => boolean,
): Promise<Order> {
  while (shopping.mayGoOn()) {
    const answer = await persist(shopping, { method: 'GET', path: `/orders/${id}`, owner });
    if (answer.status !== OK) {
      shopping.diary.contradictions.push(`order ${id} was acknowledged and then answered ${answer.status}`);
      throw new GaveUp();
    }
    const order = acknowledge(shopping.diary, answer);
    if (isEnough(order.status)) return order;
    await Bun.sleep(POLL_MS);
  }
  throw new GaveUp();
}
