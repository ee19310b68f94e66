/**
 * What each database role may do, table by table; what is not written here is refused. Nobody here owns anything, so
 * nobody changes the schema. A new table is of no use to anybody until it is in this list, and a test says so.
 */

/**
 * The API and the workers write; search, analytics and reporting read, each from its own pool. Password hashes,
 * tokens, emails and sealed fields are for the API alone, save what a worker writes letters and signs webhooks with;
 * and for backups, which read everything (see `READS_ALL`), change nothing, and leave the machine sealed.
 */
export const DATABASE_ROLES = ['origin', 'workers', 'search', 'analytics', 'reporting', 'backup'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

/** As after GRANT, with columns where not all of them are meant. */
export type TableGrants = Partial<Record<DatabaseRole, string>>;

const READ = 'select';
const APPEND = 'select, insert';
const WRITE = 'select, insert, update';
const KEEP = 'select, insert, update, delete';

/** What may be told of orders, payments and users without telling of whom. */
const ORDER_FIGURES =
  'select (id, number, cart_id, user_id, status, currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, included_tax_minor, total_minor, placed_at, payment_deadline, version)';
const PAYMENT_FIGURES =
  'select (id, order_id, status, amount_minor, currency, brand, decline_code, created_at, captured_at, fee_booked_at)';
/** Without what people wrote. */
const RETURN_FIGURES =
  'select (id, order_id, status, reason, refund_id, refund_minor, requested_at, decided_at, received_at, refunded_at)';
/** Without the address. */
const ORDER_EDIT_FIGURES = 'select (id, order_id, editor, refund_id, refund_minor, changes_address, made_at)';
const ORDER_DISCOUNT_FIGURES =
  'select (order_id, discount_id, discount_version, name, code, shares_minor, shipping_minor)';
/** What an order cost never changes; whose it is may be forgotten. */
const ORDER_CHANGES = 'update (status, version, payment_deadline, user_id, email, shipping_address)';

const ALL_READ = { workers: READ, analytics: READ, reporting: READ } as const;
const BOOKS = { origin: APPEND, workers: APPEND, analytics: READ, reporting: READ } as const;

export const ROLE_GRANTS: Readonly<Record<string, TableGrants>> = {
  users: {
    origin: WRITE,
    workers:
      'select (id, email, email_verified_at, disabled_at, deleted_at, erased_at, stripe_customer_id, cart_reminders_since), update (stripe_customer_id)',
    analytics: 'select (id, role, created_at)',
  },
  sessions: { origin: KEEP, workers: 'select, delete' },
  refresh_tokens: { origin: KEEP, workers: 'select (ctid, user_id, expires_at), delete' },
  revocations: { origin: APPEND, workers: KEEP },
  account_tokens: { origin: 'select, delete', workers: 'select, insert, delete' },
  second_factors: { origin: KEEP },
  recovery_codes: { origin: 'select, insert, delete' },
  api_keys: { origin: KEEP },
  payment_methods: { origin: 'select, insert, delete' },
  carts: {
    origin: KEEP,
    workers:
      'select (ctid, id, user_id, version, updated_at, completed_at, merged_at, idle_noted_at), update (completed_at, idle_noted_at), delete',
    analytics: 'select (id, user_id, currency, version, created_at, updated_at, completed_at, merged_at)',
  },
  cart_items: { origin: KEEP, workers: READ, analytics: READ },
  saved_items: { origin: KEEP, analytics: READ },
  cart_reminders: { origin: 'select, delete', workers: KEEP },

  categories: { ...ALL_READ, origin: KEEP },
  products: { ...ALL_READ, origin: WRITE, workers: 'select, update' },
  product_slugs: { ...ALL_READ, origin: KEEP },
  variants: { ...ALL_READ, origin: WRITE },
  product_images: { ...ALL_READ, origin: KEEP },
  category_rules: { ...ALL_READ, origin: KEEP },
  category_members: { ...ALL_READ, origin: READ, workers: 'select, insert, delete' },
  attributes: { ...ALL_READ, origin: KEEP },
  product_attributes: { ...ALL_READ, origin: KEEP },
  related_products: { ...ALL_READ, origin: KEEP },
  media_files: { origin: APPEND },
  media_uploads: { origin: 'select, insert, delete' },
  currencies: { ...ALL_READ, origin: WRITE },
  prices: { ...ALL_READ, origin: WRITE },
  listed_prices: { ...ALL_READ, origin: KEEP, workers: KEEP },
  tax_rates: { ...ALL_READ, origin: WRITE },
  customer_groups: { ...ALL_READ, origin: WRITE },
  customer_group_members: { origin: KEEP },
  shipping_zones: { ...ALL_READ, origin: WRITE },
  shipping_areas: { ...ALL_READ, origin: KEEP },
  shipping_methods: { ...ALL_READ, origin: WRITE },
  discounts: { ...ALL_READ, origin: WRITE, workers: 'select, update (uses)' },
  discount_customers: { origin: WRITE, workers: 'select, update (uses)' },
  inventory: { ...ALL_READ, origin: WRITE, workers: WRITE },
  stock_ledger: BOOKS,
  stock_locations: { ...ALL_READ, origin: WRITE, workers: WRITE },
  location_stock: { ...ALL_READ, origin: WRITE, workers: WRITE },
  location_ledger: BOOKS,

  orders: {
    origin: `select, insert, ${ORDER_CHANGES}`,
    workers: 'select, update (status, version, payment_deadline)',
    analytics: ORDER_FIGURES,
    reporting: ORDER_FIGURES,
  },
  order_lines: { ...ALL_READ, origin: APPEND },
  line_units: { ...ALL_READ, origin: WRITE },
  order_allocations: { ...ALL_READ, origin: WRITE, workers: APPEND },
  shipments: { ...ALL_READ, origin: WRITE },
  shipment_lines: { ...ALL_READ, origin: APPEND },
  returns: { origin: WRITE, workers: READ, analytics: RETURN_FIGURES, reporting: RETURN_FIGURES },
  return_lines: { ...ALL_READ, origin: WRITE },
  order_events: BOOKS,
  order_discounts: {
    origin: APPEND,
    workers: READ,
    analytics: ORDER_DISCOUNT_FIGURES,
    reporting: ORDER_DISCOUNT_FIGURES,
  },
  order_shipping: { ...ALL_READ, origin: APPEND },
  order_edits: {
    origin: 'select, insert, update (address_before)',
    workers: ORDER_EDIT_FIGURES,
    analytics: ORDER_EDIT_FIGURES,
    reporting: ORDER_EDIT_FIGURES,
  },
  order_edit_lines: { ...ALL_READ, origin: APPEND },
  exchanges: { ...ALL_READ, origin: APPEND },
  document_counters: { origin: WRITE, workers: WRITE },
  documents: BOOKS,
  audit_log: { origin: APPEND },
  payments: {
    origin: WRITE,
    workers: 'select, update',
    analytics: PAYMENT_FIGURES,
    reporting: PAYMENT_FIGURES,
  },
  refunds: { ...ALL_READ, origin: WRITE, workers: WRITE },
  disputes: { ...ALL_READ, origin: WRITE, workers: 'select, update' },
  ledger_transactions: BOOKS,
  ledger_entries: BOOKS,

  webhook_endpoints: { origin: WRITE, workers: 'select, update, delete' },
  webhook_secrets: { origin: WRITE, workers: 'select, delete' },
  webhook_messages: { origin: APPEND, workers: 'select, insert, delete' },
  webhook_deliveries: { origin: WRITE, workers: KEEP },
  webhook_attempts: { origin: READ, workers: 'select, insert, delete' },

  idempotency_keys: { origin: KEEP, workers: KEEP },
  outbox: { origin: APPEND, workers: KEEP },
  inbox: { origin: APPEND, workers: 'select, insert, delete' },
  dead_letters: { workers: KEEP },

  product_pairs: { origin: READ, workers: KEEP },
  product_trends: { origin: READ, workers: WRITE },

  reviews: { origin: KEEP, workers: READ },
  review_reports: { origin: KEEP },
  product_ratings: { ...ALL_READ, origin: READ, workers: WRITE },
  wish_lists: { origin: KEEP },
  wish_list_items: { origin: KEEP },
  product_views: { origin: KEEP, workers: 'select, update, delete' },
  stock_notices: { origin: KEEP, workers: 'select, update, delete' },

  search_documents: { origin: READ, workers: KEEP, search: READ },
  search_popularity: { origin: READ, workers: KEEP, search: READ },
  search_terms: { origin: READ, workers: KEEP, search: READ },
  search_tiers: { origin: READ, workers: KEEP, search: READ },
};

/** Reads every table, whichever there will be: a backup without one would not be whole. */
export const READS_ALL: DatabaseRole = 'backup';

/** Functions that run with their owner's rights. */
export const FUNCTION_GRANTS: readonly { readonly name: string; readonly role: DatabaseRole }[] = [
  { name: 'search_drop_text_index(smallint)', role: 'workers' },
  { name: 'search_make_text_index(smallint)', role: 'workers' },
];
