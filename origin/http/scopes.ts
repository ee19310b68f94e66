/**
 * What an API key may be made for. A route that stands in no line here takes no key: keys of integrators reach the
 * shop's goods and one's orders, and never one's account.
 */

export const SCOPES = {
  'products:write': [
    ...['POST /api/v1/products', 'PATCH /api/v1/products/:id', 'DELETE /api/v1/products/:id'],
    'POST /api/v1/merchant/products/changes',
    'POST /api/v1/media',
    ...['POST /api/v1/products/:id/variants', 'DELETE /api/v1/products/:id/variants/:variantId'],
  ],
  'products:read': [
    ...[
      'GET /api/v1/attributes',
      'GET /api/v1/merchant/products',
      'GET /api/v1/merchant/products/:id',
      'GET /api/v1/exports/products',
    ],
  ],
  'attributes:write': [
    ...['POST /api/v1/attributes', 'PATCH /api/v1/attributes/:key', 'DELETE /api/v1/attributes/:key'],
  ],
  'categories:write': [
    ...['POST /api/v1/categories', 'PATCH /api/v1/categories/:id', 'DELETE /api/v1/categories/:id'],
    ...['GET /api/v1/categories/:id/rule', 'POST /api/v1/categories/:id/rule'],
    ...['DELETE /api/v1/categories/:id/rule', 'POST /api/v1/category-rules/preview'],
  ],
  'stock:read': ['GET /api/v1/inventory/:variantId'],
  'stock:write': [
    ...['PATCH /api/v1/inventory/:variantId', 'POST /api/v1/inventory/adjustments'],
    'POST /api/v1/inventory/transfers',
  ],
  'orders:read': [
    ...['GET /api/v1/orders', 'GET /api/v1/orders/:id'],
    ...['GET /api/v1/orders/:id/invoice.pdf', 'GET /api/v1/orders/:id/credit-notes/:file'],
  ],
  /** One's own, and of staff anybody's: as its owner may. */
  'orders:cancel': ['POST /api/v1/orders/:id/cancel'],
  'orders:edit': ['POST /api/v1/orders/:id/edits'],
  'orders:refund': [
    'POST /api/v1/orders/:id/refunds',
    'POST /api/v1/sales/:orderId/returns/:returnId/refund',
  ],
  /** Of one's own goods: what a warehouse needs. */
  'shipments:write': [
    'GET /api/v1/sales',
    'GET /api/v1/sales/:orderId',
    'POST /api/v1/sales/:orderId/shipments',
    'POST /api/v1/sales/:orderId/shipments/:shipmentId/ship',
    'POST /api/v1/sales/:orderId/shipments/:shipmentId/deliver',
    'POST /api/v1/sales/:orderId/shipments/:shipmentId/unpack',
    'GET /api/v1/sales/:orderId/shipments/:shipmentId/packing-slip.pdf',
  ],
  'returns:write': [
    'POST /api/v1/sales/:orderId/returns/:returnId/authorise',
    'POST /api/v1/sales/:orderId/returns/:returnId/reject',
    'POST /api/v1/sales/:orderId/returns/:returnId/receive',
  ],
  /** Whoever has it is told of every order: without names and addresses. */
  'webhooks:manage': [
    ...['GET /api/v1/webhook-endpoints', 'POST /api/v1/webhook-endpoints'],
    ...['GET /api/v1/webhook-endpoints/:id', 'PATCH /api/v1/webhook-endpoints/:id'],
    ...['DELETE /api/v1/webhook-endpoints/:id', 'POST /api/v1/webhook-endpoints/:id/secrets'],
    ...['POST /api/v1/webhook-endpoints/:id/test', 'POST /api/v1/webhook-endpoints/:id/replay'],
    'GET /api/v1/webhook-endpoints/:id/deliveries',
    'GET /api/v1/webhook-endpoints/:id/deliveries/:deliveryId',
    'POST /api/v1/webhook-endpoints/:id/deliveries/:deliveryId/replay',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Scope = keyof typeof SCOPES;

export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

const scopeByRoute: ReadonlyMap<string, Scope> = new Map(
  SCOPE_NAMES.flatMap((scope) => SCOPES[scope].map((route) => [route, scope] as const)),
);

/** @param route method and pattern: `GET /api/v1/orders/:id` */
export function scopeOf(route: string): Scope | undefined {
  return scopeByRoute.get(route);
}

export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text);
}
