/** What the shop answers, as far as the demo reads it. */

export interface Price {
  readonly amount: number;
  readonly currency: string;
}

export interface Card {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly price: Price;
  readonly available: boolean;
}

export interface Product extends Card {
  readonly variants: readonly { readonly id: string; readonly price: Price; readonly available: boolean }[];
}

/** What a total is made of: `subtotal - discount + shipping + tax`; `includedTax` is in the rest. */
export interface Parts {
  readonly subtotal: Price;
  readonly discount: Price;
  readonly shipping: Price;
  readonly tax: Price;
  readonly includedTax: Price;
  readonly total: Price;
}

interface Line {
  readonly variantId: string;
  readonly quantity: number;
  readonly unitPrice: Price;
  readonly discount: Price;
  readonly tax: Price;
  readonly includedTax: Price;
  readonly taxRatePpm: number;
}

interface ShippingLine {
  readonly name: string;
  readonly price: Price;
  readonly discount: Price;
  readonly tax: Price;
  readonly includedTax: Price;
}

interface AppliedDiscount {
  readonly name: string;
  readonly code: string | null;
}

export interface Quote extends Parts {
  readonly token: string;
  readonly lines: readonly Line[];
  readonly discounts: readonly AppliedDiscount[];
  readonly shippingMethod: ShippingLine | null;
}

export interface Cart {
  readonly id: string;
  readonly items: readonly { readonly variantId: string; readonly name: string }[];
  readonly subtotal: Price;
  readonly quote: Quote;
}

export interface ShippingEstimate {
  readonly id: string;
  readonly name: string;
  readonly isPickup: boolean;
  readonly price: Price | null;
}

export interface OrderItem extends Line {
  readonly id: string;
  readonly name: string;
  readonly units: Readonly<Record<'packed' | 'shipped' | 'delivered' | 'returned', number>>;
}

export interface Order extends Parts {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly items: readonly OrderItem[];
  readonly discounts: readonly AppliedDiscount[];
  readonly shippingMethod: ShippingLine | null;
  readonly payment: {
    readonly brand: string;
    readonly lastFour: string;
    readonly paid: Price;
    readonly refunded: Price;
  };
  readonly refunds: readonly { readonly id: string; readonly status: string; readonly amount: Price }[];
  readonly timeline: readonly { readonly event: string; readonly actor: string }[];
  /** Only where the bank wants to see the shopper first. */
  readonly clientSecret?: string;
}

export interface Shipment {
  readonly id: string;
  readonly status: string;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly trackingUrl: string | null;
}

export interface Return {
  readonly id: string;
  readonly status: string;
  readonly refund: { readonly id: string; readonly amount: Price } | null;
}
