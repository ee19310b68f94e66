/**
 * Who may do what: the one table. A route declares one of its lines as its `access`; a verb asks {@link may} where a
 * role opens what would be somebody else's.
 */

export const ROLES = ['shopper', 'seller', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const EVERYBODY = ROLES;
const MERCHANTS = ['seller', 'admin'] as const;
const ADMINS = ['admin'] as const;

/** A permission and the roles that have it. What ends in `:any` lifts the limit to one's own. */
export const PERMISSIONS = {
  /** What belongs to oneself: account, orders, cards. */
  user: EVERYBODY,
  'products:write': MERCHANTS,
  'products:any': ADMINS,
  'categories:write': ADMINS,
  'attributes:write': ADMINS,
  'stock:read': MERCHANTS,
  'stock:write': MERCHANTS,
  /** Where stock lies, and which location sends what. */
  'locations:read': ADMINS,
  'locations:write': ADMINS,
  /** Orders as those see them who have to send the goods. */
  'sales:read': MERCHANTS,
  'sales:any': ADMINS,
  /** Whether what buyers write is shown. */
  'reviews:moderate': ADMINS,
  /** To answer what is said of one's own products. */
  'reviews:reply': MERCHANTS,
  'shipments:write': MERCHANTS,
  'returns:write': MERCHANTS,
  'orders:cancel-any': ADMINS,
  'orders:edit-any': ADMINS,
  'orders:refund': ADMINS,
  /** Endpoints of integrators: they are the shop's, and any admin's. */
  'webhooks:manage': ADMINS,
  /** What things cost, where they are sent, and what is taken off. */
  'pricing:read': ADMINS,
  'pricing:write': ADMINS,
  'users:read': ADMINS,
  'users:write': ADMINS,
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type Permission = keyof typeof PERMISSIONS;

/** `public` looks at no credentials. `anyone` takes guests, but refuses a bad token. The rest need a token. */
export type Access = 'public' | 'anyone' | Permission;

/**
 * Routes that are no part of the API and declare no access: probes, pictures, documents and public keys. All of them
 * read, and say the same to everybody.
 */
export const OUTSIDE_THE_API: ReadonlySet<string> = new Set([
  ...['/health', '/livez', '/readyz', '/metrics', '/media/:name', '/.well-known/jwks.json'],
  ...['/docs', '/docs/json', '/docs/assets/:name'],
]);

export function may({ role }: { readonly role: Role }, permission: Permission): boolean {
  return PERMISSIONS[permission].some((allowed) => allowed === role);
}

/** Whether a product, its stock and its sales are this caller's. What has no seller is the house's. */
export function isOwnProduct(
  caller: { readonly role: Role; readonly userId: string },
  { sellerId }: { readonly sellerId: string | null },
): boolean {
  return sellerId === caller.userId || may(caller, 'products:any');
}

export function isAccess(value: unknown): value is Access {
  return (
    value === 'public' ||
    value === 'anyone' ||
    (typeof value === 'string' && Object.hasOwn(PERMISSIONS, value))
  );
}
