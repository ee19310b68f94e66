/**
 * Returns after they were asked for: authorised or rejected, withdrawn. Every verb locks the order first. Receiving one is
 * in `receive-return.ts`, refunding one in `refund-return.ts`.
 */

import type { Transaction } from '#db/client.ts';
import type { OrderId, ReturnId, UserId } from '#lib/ids.ts';
import { minor, sumMinor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { findExchangeOf } from '#origin/exchanges/service.ts';
import { requireOwnLines } from '#origin/fulfilment/service.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import {
  findOrder,
  lockOrder,
  noteStep,
  type OrderRow,
  requireOrder,
  requireOwn,
} from '#origin/orders/service.ts';
import { nextReturnStatus, type ReturnStep } from './states.ts';
import * as store from './store.ts';

export interface ReturnName {
  readonly orderId: OrderId;
  readonly returnId: ReturnId;
}

/** What a return is taken a step by, within the transaction that has locked its order. */
interface Stepping {
  readonly order: OrderRow;
  readonly row: store.ReturnRow;
}

type Work = (tx: Transaction, stepping: Stepping) => Promise<Partial<store.ReturnRow>>;

/** For whoever sells all that is in it. @throws {AppError} also those of the table: `return_step_refused` */
export async function authoriseReturn(deps: Deps, staff: SignedIn, name: ReturnName): Promise<void> {
  await stepAsStaff(deps, staff, { ...name, step: 'authorise' }, async () => ({
    decidedAt: deps.clock.now(),
  }));
}

export async function rejectReturn(
  deps: Deps,
  staff: SignedIn,
  { answer, ...name }: ReturnName & { readonly answer: string },
): Promise<void> {
  await stepAsStaff(deps, staff, { ...name, step: 'reject' }, async (tx, { row }) => {
    await store.releaseUnits(tx, row.id);
    return { answer, decidedAt: deps.clock.now() };
  });
}

/** By the shopper, while nothing has come. @throws {AppError} `order_not_found`, `return_not_found` */
export async function withdrawReturn(deps: Deps, caller: Caller, name: ReturnName): Promise<void> {
  const isNews = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, name.orderId);
    await requireOwn(tx, caller, name.orderId);
    const row = await requireReturn(tx, name);
    const status = nextReturnStatus(row.status, 'withdraw');
    if (status === row.status) return false;
    await store.releaseUnits(tx, row.id);
    await store.updateReturn(tx, row.id, { status });
    await noteStep(deps, tx, order.id, { event: 'return.withdrawn', actor: 'shopper' });
    return true;
  });
  if (isNews) deps.metrics.count('return_steps_total', { step: 'withdraw' });
}

async function requireReturn(tx: Transaction, { orderId, returnId }: ReturnName): Promise<store.ReturnRow> {
  const row = await store.findReturn(tx, orderId, returnId);
  if (row === undefined) throw new AppError('return_not_found');
  return row;
}

/** @throws {AppError} `order_not_found`, `return_not_found`, also for one with lines of another seller */
export async function requireOwnReturn(
  tx: Transaction,
  staff: SignedIn,
  name: ReturnName,
): Promise<store.ReturnRow> {
  const own = await requireOwnLines(tx, staff, name.orderId);
  const row = await requireReturn(tx, name);
  const lines = await store.findReturnLines(tx, row.id);
  const isOwn = lines.every(({ lineId }) => own.some((line) => line.lineId === lineId));
  if (!isOwn) throw new AppError('return_not_found', {}, OF_ANOTHER);
  return row;
}

type StaffStep = Extract<ReturnStep, 'authorise' | 'reject'>;

async function stepAsStaff(
  deps: Deps,
  staff: SignedIn,
  { step, ...name }: ReturnName & { readonly step: StaffStep },
  work: Work,
): Promise<void> {
  const isNews = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, name.orderId);
    const row = await requireOwnReturn(tx, staff, name);
    const status = nextReturnStatus(row.status, step);
    if (status === row.status) return false;
    const change = await work(tx, { order, row });
    await store.updateReturn(tx, row.id, { ...change, status });
    await tell(deps, tx, { ...name, staff, news: `return.${NEWS[step]}` });
    return true;
  });
  if (isNews) deps.metrics.count('return_steps_total', { step });
}

const NEWS = { authorise: 'authorised', reject: 'rejected' } as const;

interface News extends ReturnName {
  readonly staff: { readonly userId: UserId } & Pick<SignedIn, 'apiKeyId'>;
  readonly news: `return.${(typeof NEWS)[StaffStep] | 'received' | 'refunded'}`;
}

/** The shopper by a letter, the time line, and the log of privileged acts, which is last. */
export async function tell(
  deps: Deps,
  tx: Transaction,
  { orderId, returnId, staff, news }: News,
): Promise<void> {
  await noteStep(deps, tx, orderId, { event: news, actor: 'staff', actorId: staff.userId });
  await emit(deps, tx, { name: news, data: { orderId, returnId } });
  const object = { kind: 'order', id: orderId };
  await recordAct(tx, staff, { action: news, object, changes: { returnId } });
}

/** What the letters of a return tell. @throws {AppError} `order_not_found`, `return_not_found` */
export async function readReturn({ db }: Deps, { orderId, returnId }: ReturnName) {
  const [order, row] = await Promise.all([findOrder(db, orderId), store.findReturn(db, orderId, returnId)]);
  if (order === undefined) throw new AppError('order_not_found');
  if (row === undefined) throw new AppError('return_not_found');
  const exchangeId = await findExchangeOf(db, returnId);
  const exchange = exchangeId === undefined ? null : await requireOrder(db, exchangeId);
  return {
    order,
    row,
    lines: await store.findReturnLines(db, returnId),
    exchangeNumber: exchange?.number ?? null,
  };
}

export type ReadReturn = Awaited<ReturnType<typeof readReturn>>;

/** What was charged for all that came, less what pays for replacements of it. */
export const dueForAll = (lines: readonly Pick<store.ReturnLine, 'chargedMinor' | 'exchangedMinor'>[]) =>
  sumMinor(lines.map(({ chargedMinor, exchangedMinor }) => minor(chargedMinor - exchangedMinor)));
