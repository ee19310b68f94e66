/** What card holders, issuers and banks decide, by control calls: the double's own way of saying what they do. */

import { type Static, Type } from '@sinclair/typebox';
import type Stripe from 'stripe';
import type { ApiDependencies } from './api.ts';
import { DEFAULT_API_VERSION } from './api.ts';
import type { Context } from './context.ts';
import { closeDispute, openDispute } from './disputes.ts';
import { recordEvent } from './events.ts';
import { type IntentVerb, requirePermitted } from './intent-states.ts';
import { finishChallenge, finishProcessing, type Verdict } from './payment-attempt.ts';
import { requireIntent } from './payment-intents.ts';
import { finishRefund } from './refunds.ts';

export const OutcomeSchema = Type.Object(
  { outcome: Type.Union([Type.Literal('succeed'), Type.Literal('fail')]) },
  { additionalProperties: false },
);

export const NewDisputeSchema = Type.Object(
  {
    amount: Type.Optional(Type.Integer({ minimum: 1 })),
    reason: Type.Optional(Type.String({ minLength: 1 })),
    isInquiry: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

export const DisputeOutcomeSchema = Type.Object(
  { outcome: Type.Union([Type.Literal('won'), Type.Literal('lost')]) },
  { additionalProperties: false },
);

function ownContext(deps: ApiDependencies): Context {
  const { store, ids, clock, webhooks } = deps;
  return {
    ...deps,
    emit: (type, subject, previous) =>
      recordEvent(store, ids, {
        type,
        subject,
        previous,
        apiVersion: DEFAULT_API_VERSION,
        request: { id: null, idempotencyKey: null },
        nowMs: clock.now().getTime(),
        listened: webhooks.settings.target !== null,
      }),
  };
}

/** One transaction of the store, and then its events on their way. */
function deciding<T>(deps: ApiDependencies, work: (context: Context) => T): T {
  const context = ownContext(deps);
  const result = deps.store.transaction(() => work(context));
  deps.webhooks.wake();
  return result;
}

/** What the card's holder or the issuer decides; answers the intent as it is afterwards. */
export function decide(
  deps: ApiDependencies,
  id: string,
  verb: Extract<IntentVerb, 'authenticate' | 'settle'>,
  verdict: Verdict,
): Stripe.PaymentIntent {
  return deciding(deps, (context) => {
    const waiting = requireIntent(context, id);
    requirePermitted(waiting, verb);
    (verb === 'authenticate' ? finishChallenge : finishProcessing)(context, waiting, verdict);
    return requireIntent(context, id);
  });
}

/** A refund that waits succeeds or fails; one that had succeeded may still fail. */
export function decideRefund(deps: ApiDependencies, id: string, verdict: Verdict): Stripe.Refund {
  return deciding(deps, (context) => finishRefund(context, id, verdict));
}

export function dispute(
  deps: ApiDependencies,
  intentId: string,
  { amount, reason, isInquiry }: Static<typeof NewDisputeSchema>,
): Stripe.Dispute {
  return deciding(deps, (context) =>
    openDispute(context, requireIntent(context, intentId), {
      ...(amount === undefined ? {} : { amount }),
      ...(reason === undefined ? {} : { reason }),
      ...(isInquiry === undefined ? {} : { isInquiry }),
    }),
  );
}

export function decideDispute(
  deps: ApiDependencies,
  id: string,
  { outcome }: Static<typeof DisputeOutcomeSchema>,
): Stripe.Dispute {
  return deciding(deps, (context) => closeDispute(context, id, outcome));
}
