/**
 * The double's own side, `/_double/...`: ledger, faults, challenges, webhooks. Open to this machine only, without
 * a key, for it moves no money.
 */

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { ApiDependencies } from './api.ts';
import {
  DisputeOutcomeSchema,
  decide,
  decideDispute,
  decideRefund,
  dispute,
  NewDisputeSchema,
  OutcomeSchema,
} from './control-decisions.ts';
import { StripeDoubleError } from './errors.ts';
import { findDelivery } from './events.ts';
import { FaultSchema } from './faults.ts';
import { readLedger } from './ledger.ts';

const MAX_LEDGER_ENTRIES = 10_000;
const MAX_URL_CHARS = 2_000;

/** `url` null stops listening; later events are recorded and never sent. */
const WebhookSchema = Type.Object(
  {
    url: Type.Optional(Type.Union([Type.String({ maxLength: MAX_URL_CHARS }), Type.Null()])),
    secret: Type.Optional(Type.String({ minLength: 1 })),
    paused: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

class BadControlCall extends Error {
  override readonly name = 'BadControlCall';
}

async function readBody<S extends TSchema>(request: Request, schema: S): Promise<Static<S>> {
  if (!request.headers.get('content-type')?.startsWith('application/json')) {
    throw new BadControlCall('the content type must be application/json');
  }
  const body: unknown = await request.json().catch(() => undefined);
  if (Value.Check(schema, body)) return body;
  const first = Value.Errors(schema, body).First();
  throw new BadControlCall(`${first?.path ?? ''}: ${first?.message ?? 'the body does not fit'}`);
}

interface ControlCall {
  readonly deps: ApiDependencies;
  readonly request: Request;
  readonly url: URL;
  readonly id: string;
}
type ControlHandler = (call: ControlCall) => Response | Promise<Response>;

const decideHandler =
  (verb: 'authenticate' | 'settle'): ControlHandler =>
  async ({ deps, request, id }) => {
    const { outcome } = await readBody(request, OutcomeSchema);
    return Response.json(decide(deps, id, verb, outcome));
  };

const refundHandler: ControlHandler = async ({ deps, request, id }) =>
  Response.json(decideRefund(deps, id, (await readBody(request, OutcomeSchema)).outcome));
const disputeHandler: ControlHandler = async ({ deps, request, id }) =>
  Response.json(dispute(deps, id, await readBody(request, NewDisputeSchema)));
const closeDisputeHandler: ControlHandler = async ({ deps, request, id }) =>
  Response.json(decideDispute(deps, id, await readBody(request, DisputeOutcomeSchema)));

function ledger({ deps, url }: ControlCall): Response {
  const limit = Number(url.searchParams.get('limit') ?? MAX_LEDGER_ENTRIES);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LEDGER_ENTRIES) {
    throw new BadControlCall(`limit: from 1 to ${MAX_LEDGER_ENTRIES}`);
  }
  const query = {
    limit,
    after: url.searchParams.get('after'),
    paymentIntent: url.searchParams.get('payment_intent'),
  };
  return Response.json(readLedger(deps.store, query));
}

async function armFault({ deps, request }: ControlCall): Promise<Response> {
  const fault = await readBody(request, FaultSchema);
  if (!deps.faults.arm(fault)) throw new BadControlCall('too many faults are armed');
  return Response.json({ armed: deps.faults.armed() }, { status: 201 });
}

function resendEvent({ deps, id }: ControlCall): Response {
  if (!deps.webhooks.resend(id)) return Response.json({ message: 'no such event' }, { status: 404 });
  return Response.json(showEvent(deps, id), { status: 202 });
}

function showEvent(deps: ApiDependencies, id: string): object | null {
  const row = findDelivery(deps.store, id);
  if (row === null) return null;
  const { body, ...delivery } = row;
  return { delivery, event: JSON.parse(body) as object };
}

function webhookStatus({ deps }: ControlCall): Response {
  const { target, paused } = deps.webhooks.settings;
  return Response.json({ url: target?.url ?? null, paused });
}

async function configureWebhook(call: ControlCall): Promise<Response> {
  const { webhooks } = call.deps;
  const { url, secret, paused } = await readBody(call.request, WebhookSchema);
  const key = secret ?? webhooks.settings.target?.secret;
  if (typeof url === 'string' && (key === undefined || !URL.canParse(url))) {
    throw new BadControlCall('url: a URL, with a secret');
  }
  webhooks.configure({
    ...(typeof url === 'string' && key !== undefined ? { target: { url, secret: key } } : {}),
    ...(url === null ? { target: null } : {}),
    ...(paused === undefined ? {} : { paused }),
  });
  return webhookStatus(call);
}

const HANDLERS: readonly (readonly [string, RegExp, ControlHandler])[] = [
  ['GET', /^\/_double\/health$/, () => Response.json({ status: 'ok' })],
  ['GET', /^\/_double\/ledger$/, ledger],
  ['GET', /^\/_double\/faults$/, ({ deps }) => Response.json({ armed: deps.faults.armed() })],
  ['POST', /^\/_double\/faults$/, armFault],
  [
    'DELETE',
    /^\/_double\/faults$/,
    ({ deps }) => {
      deps.faults.clear();
      return Response.json({ armed: [] });
    },
  ],
  ['GET', /^\/_double\/webhook$/, webhookStatus],
  ['POST', /^\/_double\/webhook$/, configureWebhook],
  ['POST', /^\/_double\/payment_intents\/(\w+)\/authenticate$/, decideHandler('authenticate')],
  ['POST', /^\/_double\/payment_intents\/(\w+)\/settle$/, decideHandler('settle')],
  ['POST', /^\/_double\/payment_intents\/(\w+)\/dispute$/, disputeHandler],
  ['POST', /^\/_double\/disputes\/(\w+)\/close$/, closeDisputeHandler],
  ['POST', /^\/_double\/refunds\/(\w+)\/settle$/, refundHandler],
  ['POST', /^\/_double\/events\/(\w+)\/resend$/, resendEvent],
  [
    'GET',
    /^\/_double\/events\/(\w+)$/,
    ({ deps, id }) => {
      const shown = showEvent(deps, id);
      return shown === null
        ? Response.json({ message: 'no such event' }, { status: 404 })
        : Response.json(shown);
    },
  ],
];

/** Answers a request to `/_double/...`. */
export async function handleControl(deps: ApiDependencies, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const found = HANDLERS.find(([method, path]) => method === request.method && path.test(url.pathname));
  if (found === undefined) return Response.json({ message: 'no such control call' }, { status: 404 });
  const [, pattern, handler] = found;
  const id = pattern.exec(url.pathname)?.[1] ?? '';
  try {
    return await handler({ deps, request, url, id });
  } catch (error) {
    if (error instanceof BadControlCall) return Response.json({ message: error.message }, { status: 400 });
    if (error instanceof StripeDoubleError) {
      return Response.json({ error: error.refusal.body }, { status: error.refusal.status });
    }
    throw error;
  }
}
