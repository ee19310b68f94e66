/**
 * Who may do what, for every operation of the API's document: those that need a permission are tried without it, and
 * what belongs to somebody is tried by everybody else. An operation that is new is covered from its first day, or fails
 * here until it is said whose its objects are.
 */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { PERMISSIONS, type Role } from '#origin/http/permissions.ts';
import { openEdgeBefore, type ThroughEdge } from '#test/support/before-edge.ts';
import { BODY_IDS } from '#test/support/body-ids.ts';
import { everything } from '#test/support/everything.ts';
import { FOR_ALL } from '#test/support/for-all.ts';
import { fill, type Operation, operationsOf, propertiesOf, rolesOf } from '#test/support/operations.ts';
import { type Answer, type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { furnish, type Stranger, type Thing, type World } from '#test/support/strangers.ts';

/** Hundreds of requests each. */
const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

/** Reads of what is one's own that name nothing by its id, or what is everybody's. */
const NAMELESS: readonly string[] = [
  'GET /api/v1/exports/products',
  'GET /api/v1/attributes',
  'GET /api/v1/me/second-factor',
  'GET /api/v1/recommendations',
];

/** Where an admin has a hand in what is a shopper's. */
const STAFF_MAY: readonly string[] = [
  ...['POST /api/v1/orders/{id}/cancel', 'POST /api/v1/orders/{id}/edits'],
  ...['GET /api/v1/orders/{id}/invoice.pdf', 'GET /api/v1/orders/{id}/credit-notes/{file}'],
];

let shop: OriginUnderTest;
let edge: ThroughEdge;
let world: World;
let operations: readonly Operation[];
beforeAll(async () => {
  shop = await openOrigin();
  operations = await operationsOf(shop);
  world = await furnish(shop);
  edge = await openEdgeBefore(shop);
});
afterAll(async () => {
  await edge.close();
  await shop.close();
});

const isOpen = ({ access }: Operation) => access === 'public' || access === 'anyone';
const isPublicRead = ({ access, method }: Operation) => access === 'public' && method === 'GET';

const isForbidden = (operation: Operation, { role }: Stranger) =>
  role === 'guest' ? !isOpen(operation) : !rolesOf(operation).includes(role);

/** A permission that an admin has is theirs over everything; what is a shopper's own is not. */
const isAdmins = ({ access, name }: Operation) =>
  !['public', 'anyone', 'user'].includes(access) || STAFF_MAY.includes(name);

const strangersTo = (operation: Operation): readonly Stranger[] =>
  world.strangers.filter(({ role }) => role !== 'admin' || !isAdmins(operation));

function refusalOf(operation: Operation, stranger: Stranger): number {
  if (!isForbidden(operation, stranger)) return 404;
  return stranger.role === 'guest' ? 401 : 403;
}

const valuesOf = (names: readonly string[], value: string) =>
  Object.fromEntries(names.map((name) => [name, value]));

function thingsOf({ path }: Operation): readonly Thing[] | undefined {
  const prefix = Object.keys(world.things).find((each) => path === each || path.startsWith(`${each}/`));
  return prefix === undefined ? undefined : world.things[prefix];
}

const idsIn = ({ name, body }: Operation) =>
  body === null
    ? []
    : propertiesOf(body.schema)
        .filter(({ schema }) => schema.format === 'uuid')
        .map(({ pointer }) => `${name} ${pointer}`);

/** The example of the document, with ids that exist: the thing's own, where it has one of that name. */
function bodyOf({ name, body }: Operation, { ids = {} }: Partial<Thing>): unknown {
  if (body === null) return undefined;
  const known = new Map(
    Object.entries(BODY_IDS)
      .filter(([place]) => place.startsWith(`${name} /`))
      .map(([place, of]) => [place.split('/').at(-1) ?? '', of(world).id] as const)
      .map(([property, id]) => [property, ids[property] ?? id]),
  );
  return JSON.parse(
    JSON.stringify(body.example, (property, value) =>
      typeof value === 'string' ? (known.get(property) ?? value) : value,
    ),
  );
}

/** A request that would be fine, were it its owner's. */
function requestOf(operation: Operation, thing: Partial<Thing>, credentials: Call): Call {
  const { method } = operation;
  const body = bodyOf(operation, thing);
  const headers = { 'idempotency-key': crypto.randomUUID(), ...thing.headers };
  return { method, headers, ...credentials, ...(body === undefined ? {} : { body }) };
}

function expectNothingTold(answer: Answer, ids: readonly string[], what: string): void {
  const told = JSON.stringify(answer.body) ?? '';
  for (const mark of world.marks.filter((each) => !ids.includes(each))) {
    expect(told.includes(mark), `${what} is told ${mark}`).toBeFalse();
  }
}

describe('every operation', () => {
  test.each(['public', 'anyone', 'user'] as const)(
    'for %s is so on purpose; the rest ask for a role',
    (access) => {
      const declared = operations.filter((each) => each.access === access).map(({ name }) => name);
      expect(declared.toSorted()).toEqual(FOR_ALL[access].toSorted());
    },
  );

  test('asks for a permission of the table, in which no role has more than its own', () => {
    const of = (role: Role) =>
      Object.entries<readonly Role[]>(PERMISSIONS).flatMap(([name, roles]) =>
        roles.includes(role) ? [name] : [],
      );
    expect(of('shopper')).toEqual(['user']);
    expect(of('seller')).toEqual([
      ...['user', 'products:write', 'stock:read', 'stock:write', 'sales:read'],
      ...['reviews:reply', 'shipments:write', 'returns:write'],
    ]);
    expect(of('admin')).toEqual(Object.keys(PERMISSIONS));
  });

  test('with an id in its path says here whose it is', () => {
    const undeclared = operations.filter(
      (operation) => operation.parameters.length > 0 && thingsOf(operation) === undefined,
    );
    expect(undeclared.map(({ name }) => name)).toEqual([]);
  });

  test('with an id in its body says here whose it is', () => {
    expect(operations.flatMap(idsIn).toSorted()).toEqual(Object.keys(BODY_IDS).toSorted());
  });
});

describe.each([
  ['called directly', () => shop.call],
  ['through the edge', () => edge.call],
] as const)('%s', (_way, callOf) => {
  test('an operation that needs a permission refuses whoever lacks it, before it looks at what they send', async () => {
    const guarded = operations.filter((each) => !isOpen(each));
    const attempts = guarded.flatMap((operation) =>
      world.strangers
        .filter((each) => isForbidden(operation, each))
        .map((stranger) => ({ operation, stranger })),
    );
    for (const { operation, stranger } of attempts) {
      const { method, parameters, path } = operation;
      const target = fill(path, valuesOf(parameters, 'nonsense'));
      const body = method === 'GET' ? {} : { body: { surprise: true } };
      const answer = await callOf()(target, { method, ...stranger.credentials, ...body });
      expectProblem(answer, stranger.role === 'guest' ? 'unauthenticated' : 'forbidden');
    }
    expect(attempts.length).toBeGreaterThanOrEqual(2 * guarded.length);
  });

  test('what is somebody else’s is not there, by every operation and for everybody: as if it did not exist', async () => {
    const before = await everything(shop);
    const withIds = operations.filter((each) => each.parameters.length > 0 && !isPublicRead(each));
    const attempts = withIds.flatMap((operation) =>
      (thingsOf(operation) ?? []).flatMap((thing) =>
        strangersTo(operation).map((stranger) => ({ operation, thing, stranger })),
      ),
    );
    for (const { operation, thing, stranger } of attempts) {
      const what = `${stranger.who} at ${thing.what}: ${operation.name}`;
      const request = () => requestOf(operation, thing, stranger.credentials);
      const answer = await callOf()(fill(operation.path, thing.ids), request());
      const atNothing = await shop.call(
        fill(operation.path, valuesOf(operation.parameters, NOBODYS)),
        request(),
      );
      expect(answer.body, what).toEqual(atNothing.body);
      expect(answer.status, what).toBe(refusalOf(operation, stranger));
      expectProblem(answer);
      expectNothingTold(answer, Object.values(thing.ids), what);
    }
    expect(await everything(shop)).toEqual(before);
    expect(attempts.length).toBeGreaterThan(60);
  });

  test('what is somebody else’s is not there by its id in a body either', async () => {
    const before = await everything(shop);
    const places = Object.entries(BODY_IDS).filter(([, of]) => of(world).isOthers);
    const attempts = operations
      .filter(({ name }) => places.some(([place]) => place.startsWith(`${name} /`)))
      .flatMap((operation) => strangersTo(operation).map((stranger) => ({ operation, stranger })));
    for (const { operation, stranger } of attempts) {
      const answer = await callOf()(operation.path, requestOf(operation, {}, stranger.credentials));
      expect(answer.status, `${stranger.who}: ${operation.name}`).toBe(refusalOf(operation, stranger));
      expectProblem(answer);
    }
    expect(await everything(shop)).toEqual(before);
    expect(attempts.length).toBeGreaterThanOrEqual(2 * places.length);
  });

  test('what is somebody’s is in no list but its owner’s', async () => {
    const lists = operations.filter(
      ({ access, method, name, parameters }) =>
        method === 'GET' && parameters.length === 0 && access !== 'public' && !NAMELESS.includes(name),
    );
    for (const operation of lists) {
      for (const stranger of strangersTo(operation)) {
        const answer = await callOf()(operation.path, stranger.credentials);
        expectNothingTold(answer, [], `${stranger.who}: ${operation.name}`);
      }
      const owners = await Promise.all(
        [world.shopper, world.seller, world.admin].map((owner) => shop.call(operation.path, owner)),
      );
      const told = JSON.stringify(owners.map(({ body }) => body));
      const marks = [...world.marks, world.ids.variant, world.ids.product];
      expect(
        marks.some((mark) => told.includes(mark)),
        `${operation.name} shows its owner something`,
      ).toBeTrue();
    }
    expect(lists.length).toBeGreaterThan(4);
  });
});

/** Last, for it takes things away: else the refusals above might be for another reason. */
test('what is somebody’s is there for them, by the very same requests', async () => {
  const order = ['GET', 'POST', 'PATCH', 'DELETE'];
  const withIds = operations
    .filter((each) => each.parameters.length > 0)
    .toSorted((one, other) => order.indexOf(one.method) - order.indexOf(other.method));
  for (const operation of withIds) {
    for (const thing of thingsOf(operation) ?? []) {
      const isAdminsOnly = ['orders:refund', 'locations:write'].includes(operation.access);
      const owner = isAdminsOnly ? world.admin : thing.owner;
      const request = requestOf(operation, { ...thing, ...(await asItIsNow(thing)) }, owner);
      const { status, body } = await shop.call(fill(operation.path, thing.ids), request);
      expect([400, 401, 403, 404, 405], `${operation.name}: ${JSON.stringify(body)}`).not.toContain(status);
      expect(status).toBeLessThan(500);
    }
  }
});

async function asItIsNow(thing: Thing): Promise<Pick<Thing, 'headers'>> {
  if (thing.headers === undefined) return {};
  const { headers } = await shop.call(`/api/v1/products/${thing.ids['id']}`);
  return { headers: { 'if-match': headers.get('etag') ?? '' } };
}
