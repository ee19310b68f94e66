/** Every code of the closed table is produced: here, or where the table says. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { PROBLEMS, type ProblemCode } from '#lib/problems.ts';
import { createApp } from '#origin/app.ts';
import {
  type Answer,
  asEdge,
  type OriginUnderTest,
  openOrigin,
  TEST_CONFIG,
  TEST_PASSWORD,
} from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, checkoutBody, createProduct, type TestProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let product: TestProduct;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop);
});
afterAll(async () => {
  await shop.close();
});

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

const post = (path: string, body: unknown, more: Parameters<OriginUnderTest['call']>[1] = {}) =>
  shop.call(`/api/v1${path}`, { method: 'POST', body, ...more });
const checkout = (
  cart: { cartId: string; cartToken: string },
  key: string | null,
  paymentMethodId?: string,
) =>
  post('/checkout', checkoutBody(cart.cartId, paymentMethodId), {
    cartToken: cart.cartToken,
    headers: key === null ? {} : { 'idempotency-key': key },
  });
const onProduct = (headers: Record<string, string>) =>
  shop.call(`/api/v1/products/${product.productId}`, {
    method: 'DELETE',
    token: product.sellerToken,
    headers,
  });

async function emptyCart() {
  const { body } = await shop.call('/api/v1/carts', { method: 'POST' });
  return { cartId: body.id, cartToken: body.token };
}

async function fullCart(quantity = 1) {
  return cartWith(shop, product.variantId, quantity);
}

/** An app whose database is there for nobody: what happens then is nobody's plan. */
async function broken(): Promise<Answer> {
  const app = createApp({ ...shop.deps, ids: { next: <Id>() => 'no-uuid' as Id } }, TEST_CONFIG);
  const url = 'http://localhost/api/v1/carts';
  const headers = asEdge({ method: 'POST', url });
  const response = await app.handle(new Request(url, { method: 'POST', headers }));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const HERE: Partial<Record<ProblemCode, () => Promise<Answer>>> = {
  invalid_input: () => shop.call('/api/v1/products?limit=0'),
  card_number_refused: () => shop.call('/api/v1/search?q=4242+4242+4242+4242'),
  idempotency_key_missing: async () => checkout(await fullCart(), null),
  webhook_signature_invalid: () => post('/webhooks/stripe', { id: 'evt_1' }),
  unauthenticated: () => shop.call('/api/v1/me'),
  credentials_invalid: () => post('/auth/login', { email: 'nobody@test.example', password: 'x' }),
  refresh_token_invalid: () => post('/auth/refresh', { refreshToken: 'rt_unknown' }),
  csrf_refused: () =>
    post('/auth/refresh', {}, { headers: { 'session-transport': 'cookie', origin: 'https://evil.example' } }),
  session_not_found: async () =>
    shop.call(`/api/v1/me/sessions/${UNKNOWN}`, { method: 'DELETE', token: (await shop.signIn()).token }),
  card_declined: async () => checkout(await fullCart(), 'declined', 'pm_card_chargeDeclined'),
  forbidden: async () => post('/products', {}, { token: (await shop.signIn()).token }),
  edge_required: () => shop.call('/api/v1/products', { headers: { 'x-hotshelf-edge-proof': 'a guess' } }),
  not_found: () => shop.call('/nowhere'),
  product_not_found: () => shop.call('/api/v1/products/no-such-product'),
  cart_not_found: () => shop.call(`/api/v1/carts/${UNKNOWN}`),
  cart_item_not_found: async () => {
    const { cartId, cartToken } = await fullCart();
    return shop.call(`/api/v1/carts/${cartId}/items/${UNKNOWN}`, { method: 'DELETE', cartToken });
  },
  order_not_found: () => shop.call(`/api/v1/orders/${UNKNOWN}`),
  cart_empty: async () => checkout(await emptyCart(), 'empty'),
  cart_completed: async () => {
    const cart = await fullCart();
    await checkout(cart, 'completed');
    return checkout(cart, 'completed-again');
  },
  variant_unavailable: async () => {
    const { cartId, cartToken } = await emptyCart();
    return post(`/carts/${cartId}/items`, { variantId: UNKNOWN, quantity: 1 }, { cartToken });
  },
  out_of_stock: async () => checkout(await fullCart(999), 'too-many'),
  idempotency_mismatch: async () => {
    const cart = await fullCart();
    await checkout(cart, 'one-key');
    return checkout(cart, 'one-key', 'pm_card_mastercard');
  },
  link_invalid: () =>
    post('/auth/email-verification/confirmation', { token: 'ev_unknown', password: TEST_PASSWORD }),
  password_wrong: async () =>
    post('/me/export', { password: 'not the password' }, { token: (await shop.signIn()).token }),
  second_factor_off: async () =>
    post('/me/second-factor/confirmation', { code: '000000' }, { token: (await shop.signIn()).token }),
  api_key_not_found: async () =>
    shop.call(`/api/v1/api-keys/${UNKNOWN}`, { method: 'DELETE', token: (await shop.signIn()).token }),
  erasure_in_office: async () =>
    post('/me/erasure', { password: TEST_PASSWORD }, { token: (await shop.signIn('seller')).token }),
  version_conflict: () => onProduct({ 'if-match': '"0"' }),
  precondition_required: () => onProduct({}),
  body_too_large: () => post('/auth/login', 'a'.repeat(1024 * 1024)),
  content_encoding_unsupported: () => post('/auth/login', {}, { headers: { 'content-encoding': 'gzip' } }),
  unsupported_media_type: () => post('/auth/login', {}, { headers: { 'content-type': 'text/plain' } }),
  internal: broken,
};

/** Those that take more to bring about, and the file whose test does. */
const ELSEWHERE: Partial<Record<ProblemCode, string>> = {
  headers_too_large: 'test/security/edge-border.test.ts',
  body_too_slow: 'test/unit/edge/bounded-body.test.ts',
  method_not_allowed: 'test/integration/edge/forwarding.test.ts',
  rate_limited: 'test/integration/edge/rate-limit.test.ts',
  unavailable: 'test/integration/edge/origin-loss.test.ts',
  second_factor_required: 'test/security/second-factor.test.ts',
  second_factor_invalid: 'test/security/second-factor.test.ts',
  second_factor_throttled: 'test/security/second-factor.test.ts',
  second_factor_on: 'test/security/second-factor.test.ts',
  api_keys_full: 'test/security/api-keys.test.ts',
  erasure_too_early: 'test/security/erasure.test.ts',
  login_too_old: 'test/integration/origin/sessions.test.ts',
  slug_taken: 'test/integration/origin/products.test.ts',
  sku_taken: 'test/integration/origin/products.test.ts',
  prices_full: 'test/integration/origin/variant-prices.test.ts',
  variants_full: 'test/integration/origin/variants.test.ts',
  last_variant: 'test/integration/origin/variants.test.ts',
  category_not_found: 'test/integration/origin/categories.test.ts',
  category_taken: 'test/integration/origin/categories.test.ts',
  category_misplaced: 'test/integration/origin/categories.test.ts',
  category_not_empty: 'test/integration/origin/categories.test.ts',
  categories_full: 'test/integration/origin/categories.test.ts',
  attribute_not_found: 'test/integration/origin/attributes.test.ts',
  attribute_taken: 'test/integration/origin/attributes.test.ts',
  attribute_in_use: 'test/integration/origin/attributes.test.ts',
  attributes_full: 'test/integration/origin/attributes.test.ts',
  category_rule_not_found: 'test/integration/origin/category-rules.test.ts',
  category_rules_full: 'test/integration/origin/category-rules.test.ts',
  uploads_full: 'test/integration/origin/uploads.test.ts',
  cart_full: 'test/integration/origin/carts.test.ts',
  cart_items_refused: 'test/integration/origin/cart-items.test.ts',
  saved_items_full: 'test/integration/origin/cart-items.test.ts',
  cart_merged: 'test/integration/origin/cart-merge.test.ts',
  price_changed: 'test/integration/origin/checkout.test.ts',
  user_not_found: 'test/integration/origin/users.test.ts',
  last_admin: 'test/integration/origin/users.test.ts',
  variant_not_found: 'test/integration/origin/inventory.test.ts',
  stock_reserved: 'test/integration/origin/inventory.test.ts',
  payment_method_not_found: 'test/integration/origin/payment-methods.test.ts',
  stock_location_not_found: 'test/integration/origin/stock-locations.test.ts',
  stock_location_inactive: 'test/integration/origin/stock-locations.test.ts',
  stock_location_in_use: 'test/integration/origin/stock-locations.test.ts',
  stock_locations_full: 'test/integration/origin/stock-locations.test.ts',
  stock_not_at_location: 'test/integration/origin/stock-locations.test.ts',
  default_location_stays: 'test/integration/origin/stock-locations.test.ts',
  units_not_at_location: 'test/integration/origin/routed-orders.test.ts',
  payment_methods_full: 'test/integration/origin/payment-methods.test.ts',
  quote_invalid: 'test/integration/origin/checkout-quote.test.ts',
  quote_expired: 'test/integration/origin/checkout-quote.test.ts',
  quote_mismatch: 'test/integration/origin/checkout-quote.test.ts',
  total_not_chargeable: 'test/integration/origin/checkout.test.ts',
  checkout_in_progress: 'test/integration/origin/checkout-idempotency.test.ts',
  picture_unreadable: 'test/integration/origin/media.test.ts',
  idempotency_in_progress: 'test/integration/origin/checkout-idempotency.test.ts',
  payments_unavailable: 'test/integration/origin/payments-trouble.test.ts',
  order_not_cancellable: 'test/integration/origin/cancellation.test.ts',
  payment_in_progress: 'test/integration/origin/cancellation.test.ts',
  nothing_to_refund: 'test/integration/origin/refunds.test.ts',
  refund_too_large: 'test/integration/origin/refunds.test.ts',
  refund_refused: 'test/integration/origin/refunds.test.ts',
  webhook_endpoint_not_found: 'test/integration/origin/webhook-endpoints.test.ts',
  webhook_delivery_not_found: 'test/integration/origin/webhook-endpoints.test.ts',
  webhook_endpoints_full: 'test/integration/origin/webhook-endpoints.test.ts',
  webhook_url_taken: 'test/integration/origin/webhook-endpoints.test.ts',
  webhook_replay_too_large: 'test/integration/origin/webhook-endpoints.test.ts',
  webhook_endpoint_disabled: 'test/integration/workers/webhook-failures.test.ts',
  review_not_bought: 'test/integration/origin/reviews.test.ts',
  review_exists: 'test/integration/origin/reviews.test.ts',
  review_not_found: 'test/integration/origin/reviews.test.ts',
  review_not_open: 'test/integration/origin/reviews.test.ts',
  wish_list_not_found: 'test/integration/origin/wish-lists.test.ts',
  wish_list_item_not_found: 'test/integration/origin/wish-lists.test.ts',
  wish_lists_full: 'test/integration/origin/wish-lists.test.ts',
  wish_list_full: 'test/integration/origin/wish-lists.test.ts',
  wish_list_name_taken: 'test/integration/origin/wish-lists.test.ts',
  wish_list_is_default: 'test/integration/origin/wish-lists.test.ts',
  variant_in_stock: 'test/integration/workers/stock-notices-asked.test.ts',
  stock_notices_full: 'test/integration/workers/stock-notices-asked.test.ts',
  stock_notice_not_found: 'test/integration/workers/stock-notices-asked.test.ts',
  order_item_not_found: 'test/integration/origin/shipments.test.ts',
  shipment_not_found: 'test/integration/origin/shipments.test.ts',
  order_not_shippable: 'test/integration/origin/shipments.test.ts',
  units_not_left: 'test/integration/origin/shipments.test.ts',
  shipment_step_refused: 'test/integration/origin/shipments.test.ts',
  return_not_found: 'test/integration/origin/returns.test.ts',
  return_too_large: 'test/integration/origin/returns.test.ts',
  return_window_closed: 'test/integration/origin/returns.test.ts',
  returns_full: 'test/integration/origin/returns.test.ts',
  return_step_refused: 'test/integration/origin/returns.test.ts',
  document_not_found: 'test/integration/origin/documents.test.ts',
  order_not_editable: 'test/integration/origin/order-edits.test.ts',
  edit_costs_more: 'test/integration/origin/order-edits.test.ts',
  edit_leaves_nothing: 'test/integration/origin/order-edits.test.ts',
  edit_breaks_terms: 'test/integration/origin/order-edit-terms.test.ts',
  order_edits_full: 'test/integration/origin/order-edits.test.ts',
  edit_moves_order: 'test/integration/origin/order-edits.test.ts',
  exchange_costs_more: 'test/integration/origin/exchanges.test.ts',
  exchange_not_offered: 'test/integration/origin/exchanges.test.ts',
  payment_stranded: 'test/integration/workers/stranded.test.ts',
  quote_required: 'test/integration/origin/priced-checkout.test.ts',
  destination_required: 'test/integration/origin/priced-checkout.test.ts',
  region_required: 'test/integration/origin/priced-checkout.test.ts',
  postal_code_required: 'test/integration/origin/priced-checkout.test.ts',
  shipping_zone_missing: 'test/integration/origin/priced-checkout.test.ts',
  shipping_method_required: 'test/integration/origin/priced-checkout.test.ts',
  shipping_method_not_found: 'test/integration/origin/priced-checkout.test.ts',
  weight_missing: 'test/integration/origin/priced-checkout.test.ts',
  code_unknown: 'test/integration/origin/cart-terms.test.ts',
  code_not_in_force: 'test/integration/origin/cart-terms.test.ts',
  code_not_for_you: 'test/integration/origin/cart-terms.test.ts',
  code_not_applicable: 'test/integration/origin/cart-terms.test.ts',
  code_minimum_missed: 'test/integration/origin/cart-terms.test.ts',
  codes_full: 'test/integration/origin/cart-terms.test.ts',
  currency_not_sold: 'test/integration/origin/cart-terms.test.ts',
  cart_not_empty: 'test/integration/origin/cart-terms.test.ts',
  code_used_up: 'test/integration/origin/code-uses.test.ts',
  price_rule_not_found: 'test/integration/origin/price-rules.test.ts',
  customer_group_not_found: 'test/integration/origin/price-rules.test.ts',
  shipping_zone_not_found: 'test/integration/origin/price-rules.test.ts',
  currency_taken: 'test/integration/origin/price-rules.test.ts',
  shop_currency_stays: 'test/integration/origin/price-rules.test.ts',
  group_name_taken: 'test/integration/origin/price-rules.test.ts',
  price_window_overlaps: 'test/integration/origin/price-rules.test.ts',
  tax_rate_window_overlaps: 'test/integration/origin/price-rules.test.ts',
  shipping_area_taken: 'test/integration/origin/price-rules.test.ts',
  code_taken: 'test/integration/origin/price-rules.test.ts',
};

/** An order that is cancelled while its checkout runs: it takes a crash, and the reconciler in between. */
const NOT_YET: readonly ProblemCode[] = ['order_cancelled'];

test('every code of the table is accounted for, once', () => {
  const accounted = [...Object.keys(HERE), ...Object.keys(ELSEWHERE), ...NOT_YET];
  expect(accounted.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});

test.each(Object.keys(HERE) as (keyof typeof HERE)[])('%s is answered as the table says', async (code) => {
  const answer = await HERE[code]?.();
  expect(answer).toBeDefined();
  if (answer !== undefined) expectProblem(answer, code);
});

test.each(Object.entries(ELSEWHERE))('%s is tested in %s', async (code, file) => {
  const text = await Bun.file(new URL(`../../../${file}`, import.meta.url)).text();
  expect(text.includes(code) || text.includes(String(PROBLEMS[code as ProblemCode].status))).toBeTrue();
});
