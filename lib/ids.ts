/**
 * Branded identifiers (UUIDv7, RFC 9562): the identifier of one thing cannot be handed over as another's.
 * Generation is a dependency ({@link IdSource}); parsing happens once, at the border.
 */

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type UserId = Brand<string, 'UserId'>;
export type CategoryId = Brand<string, 'CategoryId'>;
export type ProductId = Brand<string, 'ProductId'>;
export type VariantId = Brand<string, 'VariantId'>;
export type ImageId = Brand<string, 'ImageId'>;
export type CartId = Brand<string, 'CartId'>;
export type CartItemId = Brand<string, 'CartItemId'>;
export type OrderId = Brand<string, 'OrderId'>;
export type OrderLineId = Brand<string, 'OrderLineId'>;
export type ShipmentId = Brand<string, 'ShipmentId'>;
export type ReturnId = Brand<string, 'ReturnId'>;
export type OrderEditId = Brand<string, 'OrderEditId'>;
export type PaymentId = Brand<string, 'PaymentId'>;
export type RefundId = Brand<string, 'RefundId'>;
export type DisputeId = Brand<string, 'DisputeId'>;
export type SavedPaymentMethodId = Brand<string, 'SavedPaymentMethodId'>;
export type LedgerTransactionId = Brand<string, 'LedgerTransactionId'>;
export type ApiKeyId = Brand<string, 'ApiKeyId'>;
export type SessionId = Brand<string, 'SessionId'>;
export type WebhookEndpointId = Brand<string, 'WebhookEndpointId'>;
export type WebhookSecretId = Brand<string, 'WebhookSecretId'>;
export type WebhookDeliveryId = Brand<string, 'WebhookDeliveryId'>;
export type ReviewId = Brand<string, 'ReviewId'>;
export type WishListId = Brand<string, 'WishListId'>;
export type CartReminderId = Brand<string, 'CartReminderId'>;
export type StockNoticeId = Brand<string, 'StockNoticeId'>;
export type CustomerGroupId = Brand<string, 'CustomerGroupId'>;
export type PriceId = Brand<string, 'PriceId'>;
export type TaxRateId = Brand<string, 'TaxRateId'>;
export type StockLocationId = Brand<string, 'StockLocationId'>;
export type StockMoveId = Brand<string, 'StockMoveId'>;
export type ShippingZoneId = Brand<string, 'ShippingZoneId'>;
export type ShippingMethodId = Brand<string, 'ShippingMethodId'>;
export type DiscountId = Brand<string, 'DiscountId'>;
export type EventId = Brand<string, 'EventId'>;

export interface IdSource {
  /** A fresh UUIDv7 under the brand that the caller asks for: `ids.next<OrderId>()`. */
  next<Id extends Brand<string, string>>(): Id;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
