/** Endpoints of integrators: where the shop's events go, and the secrets that sign them. */

import { after, MINUTE_MS } from '#lib/clock.ts';
import type { WebhookEndpointId, WebhookSecretId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import type {
  Endpoint,
  EndpointChange,
  EndpointPage,
  MadeEndpoint,
  NewEndpoint,
  NewSecret,
  Rotation,
} from './model.ts';
import { newSecret } from './signing.ts';
import * as store from './store.ts';

export { EVENT_TYPES, type EventType, FACTS, TEST_TYPE, typeOf } from './event-types.ts';
export { signatureHeaders } from './signing.ts';
export type { EndpointRow } from './store.ts';

const MAX_ENDPOINTS = 32;
/** With the current one. The oldest ends sooner than it would have where there would be more. */
const MAX_SECRETS = 5;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * The secret is in this answer and nowhere else.
 * @throws {AppError} `invalid_input` for a URL that nothing is sent to, `webhook_url_taken`, `webhook_endpoints_full`
 */
export async function createEndpoint(
  deps: Deps,
  admin: SignedIn,
  { url, eventTypes }: NewEndpoint,
): Promise<MadeEndpoint> {
  const id = deps.ids.next<WebhookEndpointId>();
  const row: store.EndpointRow = {
    ...{ id, ownerId: admin.userId, url: checkUrl(deps, url), eventTypes },
    ...{ createdAt: deps.clock.now(), disabledAt: null, disabledReason: null },
    ...{ failingSince: null, failures: 0, deletedAt: null },
  };
  const { secret, sealed } = makeSecret(deps, id);
  await deps.db.transaction(async (tx) => {
    await store.lockCreation(tx);
    const others = await store.listEndpoints(tx);
    requireFreeUrl(others, row);
    if (others.length >= MAX_ENDPOINTS) {
      throw new AppError('webhook_endpoints_full', { maxEndpoints: MAX_ENDPOINTS });
    }
    await store.insertEndpoint(tx, row);
    await store.insertSecret(tx, sealed);
    await recordAct(tx, admin, {
      action: 'webhook_endpoint.created',
      object: objectOf(id),
      changes: { eventTypes },
    });
  });
  return { ...toEndpoint(row), secret };
}

export async function listEndpoints({ db }: Deps): Promise<EndpointPage> {
  return { items: (await store.listEndpoints(db)).map(toEndpoint), nextCursor: null };
}

/** @throws {AppError} `webhook_endpoint_not_found` */
export async function readEndpoint({ db }: Deps, id: WebhookEndpointId): Promise<Endpoint> {
  return toEndpoint(there(await store.findEndpoint(db, id)));
}

/**
 * One that is enabled again, or gets another URL, is taken to be well.
 * @throws {AppError} `webhook_endpoint_not_found`, `invalid_input`, `webhook_url_taken`
 */
export async function changeEndpoint(
  deps: Deps,
  admin: SignedIn,
  id: WebhookEndpointId,
  change: EndpointChange,
): Promise<Endpoint> {
  const url = change.url === undefined ? undefined : checkUrl(deps, change.url);
  const row = await deps.db.transaction(async (tx) => {
    if (url !== undefined) await store.lockCreation(tx);
    const before = there(await store.lockEndpoint(tx, id));
    if (url !== undefined) requireFreeUrl(await store.listEndpoints(tx), { id, url });
    const update = updateOf(before, { ...change, url }, deps.clock.now());
    if (Object.keys(update).length === 0) return before;
    const changed = await store.updateEndpoint(tx, id, update);
    const { eventTypes, enabled } = change;
    await recordAct(tx, admin, {
      action: 'webhook_endpoint.changed',
      object: objectOf(id),
      // A URL is what a person wrote: that it is another one is enough.
      changes: { fields: Object.keys(change), eventTypes, enabled },
    });
    return changed;
  });
  return toEndpoint(row);
}

/** Nothing more is sent to it. Its log goes little by little. @throws {AppError} `webhook_endpoint_not_found` */
export async function deleteEndpoint(deps: Deps, admin: SignedIn, id: WebhookEndpointId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    there(await store.lockEndpoint(tx, id));
    await store.updateEndpoint(tx, id, { deletedAt: deps.clock.now() });
    await recordAct(tx, admin, { action: 'webhook_endpoint.deleted', object: objectOf(id) });
  });
}

/**
 * A new secret signs from now on, and those before it beside it for as long as asked: whoever asks twice, for they have
 * not heard of the first new one, breaks nothing. @throws {AppError} `webhook_endpoint_not_found`
 */
export async function rotateSecret(
  deps: Deps,
  admin: SignedIn,
  id: WebhookEndpointId,
  { oldSecretHours }: Rotation,
): Promise<NewSecret> {
  const now = deps.clock.now();
  const { secret, sealed } = makeSecret(deps, id);
  const until = oldSecretHours === 0 ? null : after(now, oldSecretHours * HOUR_MS);
  await deps.db.transaction(async (tx) => {
    there(await store.lockEndpoint(tx, id));
    await store.endSecrets(tx, id, { at: until ?? now, most: MAX_SECRETS - 1 });
    await store.insertSecret(tx, sealed);
    const changes = { oldSecretHours };
    await recordAct(tx, admin, { action: 'webhook_endpoint.secret_rotated', object: objectOf(id), changes });
  });
  return { secret, oldSecretsUntil: until?.toISOString() ?? null };
}

/** Those that sign now, the newest first. */
export async function secretsOf(
  { db, fields, clock }: Deps,
  endpointId: WebhookEndpointId,
): Promise<readonly string[]> {
  const rows = await store.liveSecrets(db, endpointId, clock.now());
  return rows.map(({ id, secret }) => fields.open('webhookSecret', id, secret));
}

/** @throws {AppError} `webhook_endpoint_not_found` */
export async function requireEndpoint(
  db: Parameters<typeof store.findEndpoint>[0],
  id: WebhookEndpointId,
): Promise<store.EndpointRow> {
  return there(await store.findEndpoint(db, id));
}

/** Undefined where it was deleted. */
export const lockEndpoint = store.lockEndpoint;
export const updateEndpoint = store.updateEndpoint;

/** Whom to tell that an endpoint was disabled; undefined where nobody is to be told any more. */
export async function readDisabled({ db }: Deps, id: WebhookEndpointId) {
  const found = await store.findOwner(db, id);
  if (found?.disabledReason !== 'gone' && found?.disabledReason !== 'failing') return undefined;
  const { email, url, disabledReason: reason } = found;
  return { email, url, reason };
}

/** Looked up whenever the process's metrics are read. */
export async function reportDisabled({ db, metrics }: Deps): Promise<void> {
  const counted = new Map((await store.countDisabled(db)).map((row) => [row.reason, row.endpoints]));
  for (const reason of ['gone', 'failing'] as const) {
    metrics.gauge('webhook_endpoints_disabled', { reason }, counted.get(reason) ?? 0);
  }
}

/** What is deleted and what is over goes for good. */
export async function sweepEndpoints({ db, clock }: Deps): Promise<void> {
  await store.purgeSecrets(db, clock.now());
  await store.purgeDeleted(db);
}

function makeSecret({ ids, clock, fields }: Deps, endpointId: WebhookEndpointId) {
  const secret = newSecret();
  const id = ids.next<WebhookSecretId>();
  const sealed = fields.seal('webhookSecret', id, secret);
  return { secret, sealed: { id, endpointId, secret: sealed, createdAt: clock.now(), expiresAt: null } };
}

/** As URLs are written, so that the same one is known again. */
function checkUrl({ outbound }: Deps, url: string): string {
  const fault = outbound.faultOf(url);
  if (fault !== null) throw new AppError('invalid_input', { errors: [{ path: '/url', message: fault }] });
  return new URL(url).href;
}

function requireFreeUrl(
  others: readonly store.EndpointRow[],
  { id, url }: Pick<store.EndpointRow, 'id' | 'url'>,
): void {
  if (others.some((other) => other.id !== id && other.url === url)) throw new AppError('webhook_url_taken');
}

function updateOf(
  before: store.EndpointRow,
  { url, eventTypes, enabled }: Omit<EndpointChange, 'url'> & { readonly url: string | undefined },
  now: Date,
): store.EndpointUpdate {
  const isEnabled = before.disabledAt === null;
  const isWell = enabled === true || (url !== undefined && url !== before.url);
  return {
    ...(url === undefined ? {} : { url }),
    ...(eventTypes === undefined ? {} : { eventTypes }),
    ...(enabled === true && !isEnabled ? { disabledAt: null, disabledReason: null } : {}),
    ...(enabled === false && isEnabled ? { disabledAt: now, disabledReason: 'admin' as const } : {}),
    ...(isWell ? { failingSince: null, failures: 0 } : {}),
  };
}

function there(row: store.EndpointRow | undefined): store.EndpointRow {
  if (row === undefined) throw new AppError('webhook_endpoint_not_found');
  return row;
}

const objectOf = (id: WebhookEndpointId) => ({ kind: 'webhook_endpoint', id });

function toEndpoint(row: store.EndpointRow): Endpoint {
  return {
    id: row.id,
    url: row.url,
    eventTypes: row.eventTypes as Endpoint['eventTypes'],
    enabled: row.disabledAt === null,
    disabledReason: row.disabledReason,
    disabledAt: row.disabledAt?.toISOString() ?? null,
    failingSince: row.failingSince?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
