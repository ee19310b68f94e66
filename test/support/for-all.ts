/** The operations of the API that are everybody's: whoever adds one says so here. */

/** Operations that no role is needed for. Who may do what with them is decided by the thing itself. */
export const FOR_ALL: Readonly<Record<'public' | 'anyone' | 'user', readonly string[]>> = {
  public: [
    ...['GET /api/v1/products', 'GET /api/v1/products/{id}', 'GET /api/v1/categories'],
    ...['GET /api/v1/search', 'GET /api/v1/search/suggest'],
    'GET /api/v1/products/{id}/related',
    ...['GET /api/v1/products/{id}/recommendations', 'GET /api/v1/trending'],
    ...['POST /api/v1/auth/register', 'POST /api/v1/auth/login'],
    ...['POST /api/v1/auth/refresh', 'POST /api/v1/auth/logout'],
    ...['POST /api/v1/auth/email-verification', 'POST /api/v1/auth/email-verification/confirmation'],
    ...['POST /api/v1/auth/password-reset', 'POST /api/v1/auth/password-reset/confirmation'],
    'POST /api/v1/webhooks/stripe',
    ...['GET /api/v1/products/{id}/reviews', 'GET /api/v1/shared-wish-lists/{token}'],
    ...['POST /api/v1/stock-notices/confirmation', 'POST /api/v1/stock-notices/stop'],
  ],
  anyone: [
    ...['GET /api/v1/recommendations', 'POST /api/v1/stock-notices'],
    ...['POST /api/v1/carts', 'GET /api/v1/carts/{id}', 'POST /api/v1/carts/{id}/items'],
    ...['PATCH /api/v1/carts/{id}/items/{itemId}', 'DELETE /api/v1/carts/{id}/items/{itemId}'],
    ...['POST /api/v1/checkout', 'GET /api/v1/orders/{id}'],
    ...['POST /api/v1/orders/{id}/cancel', 'POST /api/v1/orders/{id}/payment'],
    ...['POST /api/v1/orders/{id}/returns', 'POST /api/v1/orders/{id}/returns/{returnId}/withdraw'],
  ],
  user: [
    ...['GET /api/v1/me', 'GET /api/v1/orders', 'GET /api/v1/payment-methods'],
    ...['POST /api/v1/payment-methods', 'DELETE /api/v1/payment-methods/{id}'],
    ...['GET /api/v1/me/sessions', 'DELETE /api/v1/me/sessions', 'DELETE /api/v1/me/sessions/{id}'],
    ...['GET /api/v1/me/second-factor', 'POST /api/v1/me/second-factor'],
    ...['POST /api/v1/me/second-factor/confirmation', 'POST /api/v1/me/second-factor/removal'],
    ...['POST /api/v1/me/second-factor/recovery-codes', 'POST /api/v1/me/password'],
    ...['POST /api/v1/me/export', 'POST /api/v1/me/erasure'],
    ...['GET /api/v1/api-keys', 'POST /api/v1/api-keys', 'DELETE /api/v1/api-keys/{id}'],
    ...['POST /api/v1/reviews', 'POST /api/v1/review-reports', 'GET /api/v1/me/reviews'],
    ...['PATCH /api/v1/me/reviews/{id}', 'DELETE /api/v1/me/reviews/{id}'],
    ...['GET /api/v1/wish-lists', 'POST /api/v1/wish-lists', 'POST /api/v1/wish-lists/items'],
    ...['GET /api/v1/wish-lists/{id}', 'PATCH /api/v1/wish-lists/{id}', 'DELETE /api/v1/wish-lists/{id}'],
    ...['POST /api/v1/wish-lists/{id}/items', 'DELETE /api/v1/wish-lists/{id}/items/{variantId}'],
    'POST /api/v1/wish-lists/{id}/items/{variantId}/cart',
    ...['POST /api/v1/wish-lists/{id}/sharing', 'DELETE /api/v1/wish-lists/{id}/sharing'],
    ...['GET /api/v1/me/stock-notices', 'DELETE /api/v1/me/stock-notices/{id}'],
  ],
};
