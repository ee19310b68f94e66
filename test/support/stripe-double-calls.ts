/** Every operation of the Stripe double, called so that it answers and so that it refuses. */

import { OPERATIONS } from '#ops/stripe-double/api.ts';
import type { Operation } from '#ops/stripe-double/operation.ts';
import { type DoubleUnderTest, rawCall } from '#test/support/stripe-double-client.ts';

export interface Exchange {
  readonly operation: Operation;
  readonly status: number;
  readonly body: unknown;
}

interface Named {
  readonly id: string;
  readonly latest_charge: string;
  readonly payment_method: string;
}

const CARD = 'currency=usd&allowed_payment_method_types[]=card';
const CONFIRMED = `amount=2000&${CARD}&confirm=true`;

type Call = (method: Operation['method'], path: string, form?: string) => Promise<Named>;

async function payments(call: Call, under: DoubleUnderTest): Promise<Named> {
  const path = '/v1/payment_intents';
  const paid = await call('POST', path, `${CONFIRMED}&payment_method=pm_card_visa&metadata[order]=1`);
  await call('POST', path, `${CONFIRMED}&payment_method=pm_card_chargeDeclined`);
  await call(
    'POST',
    path,
    `${CONFIRMED}&payment_method=pm_card_chargeDeclinedExpiredCard&expand[]=latest_charge`,
  );
  await call('POST', path, `amount=10&${CARD}`);
  const challenged = await call('POST', path, `${CONFIRMED}&payment_method=pm_card_authenticationRequired`);
  await call(
    'POST',
    path,
    `${CONFIRMED}&payment_method=pm_card_authenticationRequired&return_url=https://shop.test/`,
  );
  await under.control('POST', `/payment_intents/${challenged.id}/authenticate`, { outcome: 'succeed' });
  await call('GET', `${path}/${challenged.id}`, 'expand[]=latest_charge&expand[]=payment_method');
  const processing = await call('POST', path, `${CONFIRMED}&payment_method=pm_double_processing`);
  await call('GET', `${path}/${processing.id}`);
  await call('GET', `${path}/pi_unknown`);
  await call('GET', path, 'limit=3&expand[]=data.latest_charge&created[gte]=1');
  await call('GET', path, 'limit=0');
  const open = await call(
    'POST',
    path,
    `amount=700&${CARD}&shipping[name]=Ada&shipping[address][line1]=1 Lane`,
  );
  await call('POST', `${path}/${open.id}`, 'amount=800&payment_method=pm_card_mastercard');
  await call('POST', `${path}/${open.id}/confirm`, 'receipt_email=ada@example.test');
  await call('POST', `${path}/${open.id}/confirm`);
  await call('POST', `${path}/${open.id}`, 'amount=900');
  const held = await call('POST', path, `${CONFIRMED}&payment_method=pm_card_visa&capture_method=manual`);
  await call('POST', `${path}/${held.id}/capture`, 'amount_to_capture=1500');
  await call('POST', `${path}/${held.id}/capture`);
  const dropped = await call('POST', path, `amount=700&${CARD}`);
  await call('POST', `${path}/${dropped.id}/cancel`, 'cancellation_reason=abandoned');
  await call('POST', `${path}/${dropped.id}/cancel`);
  return paid;
}

async function refunds(call: Call, paid: Named): Promise<void> {
  const refund = await call('POST', '/v1/refunds', `payment_intent=${paid.id}&amount=500&reason=duplicate`);
  await call('POST', '/v1/refunds', `payment_intent=${paid.id}&amount=1501`);
  await call('GET', `/v1/refunds/${refund.id}`, 'expand[]=charge&expand[]=payment_intent');
  await call('GET', '/v1/refunds/re_unknown');
  await call('POST', `/v1/refunds/${refund.id}`, 'metadata[note]=late');
  await call('POST', '/v1/refunds/re_unknown');
  await call('GET', '/v1/refunds', `payment_intent=${paid.id}`);
  await call('GET', '/v1/refunds', 'limit=101');
  await call('GET', `/v1/charges/${paid.latest_charge}`, 'expand[]=payment_intent');
  await call('GET', '/v1/charges/ch_unknown');
  await call('GET', '/v1/charges', `payment_intent=${paid.id}`);
  await call('GET', '/v1/charges', 'starting_after=ch_unknown');
}

async function disputes(call: Call, under: DoubleUnderTest): Promise<void> {
  const paid = await call('POST', '/v1/payment_intents', `${CONFIRMED}&payment_method=pm_card_visa`);
  const dispute = await under.control<{ id: string; balance_transactions: { id: string }[] }>(
    'POST',
    `/payment_intents/${paid.id}/dispute`,
    {},
  );
  await call('GET', `/v1/disputes/${dispute.id}`, 'expand[]=charge&expand[]=payment_intent');
  await under.control('POST', `/disputes/${dispute.id}/close`, { outcome: 'won' });
  await call('GET', `/v1/disputes/${dispute.id}`);
  await call('GET', '/v1/disputes/dp_unknown');
  await call('GET', '/v1/disputes', `payment_intent=${paid.id}`);
  await call('GET', '/v1/disputes', 'limit=0');
  await call('GET', `/v1/balance_transactions/${dispute.balance_transactions[0]?.id}`);
  await call('GET', '/v1/balance_transactions/txn_unknown');
  await call('GET', `/v1/charges/${paid.latest_charge}`, 'expand[]=balance_transaction');
}

async function customers(call: Call): Promise<void> {
  const path = '/v1/customers';
  const customer = await call('POST', path, 'email=ada@example.test&name=Ada&address[city]=London');
  await call('POST', path, 'email=nobody');
  await call('GET', `${path}/${customer.id}`);
  await call('GET', `${path}/cus_unknown`);
  await call('POST', `${path}/${customer.id}`, 'shipping[name]=Ada&shipping[address][line1]=1 Lane&phone=');
  await call('POST', `${path}/cus_unknown`);
  await call('GET', path, 'email=ada@example.test');
  await call('GET', path, 'limit=x');
  await methods(call, customer);
  await call('DELETE', `${path}/${customer.id}`);
  await call('GET', `${path}/${customer.id}`);
  await call('DELETE', `${path}/${customer.id}`);
}

async function methods(call: Call, customer: Named): Promise<void> {
  const path = '/v1/payment_methods';
  const made = await call('POST', path, 'type=card&card[token]=tok_visa&billing_details[name]=Ada');
  await call('POST', path, 'type=card&card[token]=tok_unknown');
  await call('GET', `${path}/pm_card_amex`);
  await call('GET', `${path}/pm_unknown`);
  await call('POST', `${path}/${made.id}`, 'metadata[a]=b');
  await call('POST', `${path}/pm_unknown`);
  await call('POST', `${path}/${made.id}/attach`, `customer=${customer.id}`);
  await call('POST', `${path}/pm_card_chargeDeclined/attach`, `customer=${customer.id}`);
  await call('GET', path, `customer=${customer.id}&type=card&expand[]=data.customer`);
  await call('GET', path, 'type=unknown');
  await call('GET', `/v1/customers/${customer.id}/payment_methods`);
  await call('GET', '/v1/customers/cus_unknown/payment_methods');
  await call('POST', `${path}/${made.id}/detach`);
  await call('POST', `${path}/${made.id}/detach`);
}

function operationOf(method: string, path: string): Operation {
  const found = OPERATIONS.find(
    (operation) =>
      operation.method === method &&
      new RegExp(`^${operation.path.replace(':id', '[a-z]+_[A-Za-z0-9_]+')}$`).test(path),
  );
  if (found === undefined) throw new Error(`no operation is ${method} ${path}`);
  return found;
}

/** @returns what each call was answered, in order. */
export async function everyCall(under: DoubleUnderTest): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  const call: Call = async (method, path, form = '') => {
    const response = await rawCall(
      under.double,
      method === 'POST' ? { method, path, form } : { method, path: form === '' ? path : `${path}?${form}` },
    );
    const body = await response.json();
    exchanges.push({ operation: operationOf(method, path), status: response.status, body });
    return body as Named;
  };
  await refunds(call, await payments(call, under));
  await disputes(call, under);
  await customers(call);
  return exchanges;
}
