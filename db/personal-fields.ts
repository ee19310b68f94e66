/**
 * Which columns hold what people would not want read, and which of them are sealed by the field cipher.
 *
 * Sealed: what nobody searches by and few need. Whoever has the database alone reads none of it.
 * - orders.shipping_address: name, street and town; read for the receipt and the parcel.
 * - order_edits.address_before: where an order went before its address was changed; read for its invoice.
 * - second_factors.secret: whoever has it makes the codes; read to check one.
 * - webhook_secrets.secret: whoever has it speaks as the shop to an integrator; read to sign.
 * - stock_notices.email: of people without an account; read to write to them, and found again by a blind index.
 *
 * Not sealed, and why:
 * - users.email, orders.email: one logs in by it, it is unique, and mail goes to it. A blind index would serve the
 *   login, but a mail server's log and Stripe know the address anyway; database roles keep readers from it.
 * - users.name: how a shop greets, chosen freely; the name on a parcel is part of the sealed address.
 * - users.password_hash and every token: hashes, of no use to who reads them.
 * - payments and payment_methods: brand, last four digits and Stripe's identifiers; card data never comes here.
 * - idempotency_keys: a hash of the request, and an answer that holds neither address nor email.
 */

export interface PersonalField {
  readonly table: string;
  /** A `bytea`: what the field cipher makes. Null where the row has none. */
  readonly column: string;
  /** The `uuid` that the row is known by; a sealed value opens in the row of this id only. */
  readonly idColumn: string;
  /** A `bytea` by which equal values are found, see `FieldCipher.indexesOf`; absent where none has to be. */
  readonly indexColumn?: string;
}

/** Every sealed column: what is sealed again when keys change, and what no reading role may select. */
export const PERSONAL_FIELDS = {
  shippingAddress: { table: 'orders', column: 'shipping_address', idColumn: 'id' },
  addressBefore: { table: 'order_edits', column: 'address_before', idColumn: 'id' },
  noticeEmail: {
    ...{ table: 'stock_notices', column: 'email', idColumn: 'id' },
    indexColumn: 'email_index',
  },
  totpSecret: { table: 'second_factors', column: 'secret', idColumn: 'user_id' },
  webhookSecret: { table: 'webhook_secrets', column: 'secret', idColumn: 'id' },
} as const satisfies Record<string, PersonalField>;

export type PersonalFieldName = keyof typeof PERSONAL_FIELDS;
