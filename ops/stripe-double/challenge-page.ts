/** The page to which an intent in `requires_action` sends its customer: the bank's side of 3-D Secure. */

import type Stripe from 'stripe';
import { amountText } from './amounts.ts';
import type { ApiDependencies } from './api.ts';
import { decide } from './control-decisions.ts';

export const CHALLENGE_PATH = /^\/_double\/challenges\/(\w+)$/;

function page(text: string, form: string): Response {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Test bank</title><h1>Test bank</h1><p>${text}</p>${form}</html>`;
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
}

const BUTTONS =
  '<form method="post"><button name="outcome" value="succeed">Approve</button> <button name="outcome" value="fail">Decline</button></form>';

function goBack(intent: Stripe.PaymentIntent, returnUrl: string | null): Response {
  if (returnUrl === null || !URL.canParse(returnUrl)) return page('Done. You can close this page.', '');
  const back = new URL(returnUrl);
  back.searchParams.set('payment_intent', intent.id);
  back.searchParams.set(
    'redirect_status',
    intent.status === 'requires_payment_method' ? 'failed' : 'succeeded',
  );
  return new Response(null, { status: 303, headers: { location: back.href } });
}

/** GET asks, POST answers and sends the customer back to the shop. */
export async function handleChallenge(
  deps: ApiDependencies,
  request: Request,
  id: string,
): Promise<Response> {
  const intent = deps.store.find('payment_intent', id);
  if (intent === null || intent.status !== 'requires_action')
    return page('There is nothing to approve here.', '');
  if (request.method !== 'POST') {
    return page(`Approve a payment of ${amountText(intent.amount, intent.currency)}?`, BUTTONS);
  }
  const outcome = (await request.formData()).get('outcome') === 'succeed' ? 'succeed' : 'fail';
  const returnUrl = intent.next_action?.redirect_to_url?.return_url ?? null;
  return goBack(decide(deps, id, 'authenticate', outcome), returnUrl);
}
