/** What the money path asks of a payment provider, in our own vocabulary. `stripe.ts` answers it. */

import type { OrderId, RefundId, UserId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';

/** A PaymentIntent, reduced to what the money path acts on. */
export interface Intent {
  readonly id: string;
  readonly orderId: OrderId | null;
  readonly amount: Minor;
  readonly currency: Currency;
  readonly state: IntentState;
}

export type IntentState =
  | { readonly kind: 'unconfirmed' }
  | { readonly kind: 'requires_action'; readonly clientSecret: string }
  | { readonly kind: 'processing' }
  | { readonly kind: 'declined'; readonly declineCode: string }
  | {
      readonly kind: 'succeeded';
      readonly brand: string | null;
      readonly lastFour: string | null;
      /** Null until Stripe has booked the charge. */
      readonly fee: Fee | null;
    }
  | { readonly kind: 'cancelled'; readonly declineCode: string | null; readonly byRequest: boolean };

/** What Stripe keeps of a movement of money. */
export interface Fee {
  /** Stripe's id of the booking. */
  readonly source: string;
  readonly amount: Minor;
  readonly currency: Currency;
}

export interface NewIntent {
  readonly orderId: OrderId;
  readonly orderNumber: number;
  readonly amount: Minor;
  readonly currency: Currency;
}

/** `requested_by_customer`: by a person, shopper or staff. `abandoned`: nobody came back for it, or it was declined. */
export type CancelReason = 'requested_by_customer' | 'abandoned';

export interface NewRefund {
  readonly refundId: RefundId;
  readonly intentId: string;
  readonly amount: Minor;
}

/** A refund as Stripe has it. */
export interface StripeRefund {
  readonly id: string;
  /** Ours; null for one that was made at Stripe by hand. */
  readonly refundId: RefundId | null;
  readonly intentId: string;
  readonly amount: Minor;
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** Stripe's word for why it failed; empty otherwise. */
  readonly failureReason: string;
}

/** A dispute as Stripe has it; the bank decides how it ends. */
export interface StripeDispute {
  readonly id: string;
  readonly intentId: string;
  readonly amount: Minor;
  readonly currency: Currency;
  readonly reason: string;
  readonly status: string;
  readonly isClosed: boolean;
  readonly openedAt: Date;
  readonly areFundsWithdrawn: boolean;
  readonly areFundsReinstated: boolean;
  readonly fees: readonly Fee[];
}

/** What a webhook tells of. Of charges and disputes it says only whose: what holds is asked of Stripe. */
export type News =
  | { readonly kind: 'intent'; readonly type: string; readonly intent: Intent }
  | { readonly kind: 'charge'; readonly type: string; readonly intentId: string }
  | { readonly kind: 'refund'; readonly type: string; readonly refund: StripeRefund }
  | { readonly kind: 'dispute'; readonly type: string; readonly disputeId: string };

/** What is kept of a card, and what tells whether two are the same. */
export interface KeptCard {
  /** Stripe's: the one that may pay for the customer. */
  readonly id: string;
  readonly brand: string;
  readonly lastFour: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly fingerprint: string | null;
}

export interface CardKeeper {
  /** The id of the user's one customer; calling it again returns the same one. */
  createCustomer(userId: UserId): Promise<string>;
  /**
   * Keeps a card for the customer; one that it has already is returned as it is.
   * @throws {AppError} `card_declined`, `invalid_input`
   */
  attach(paymentMethodId: string, customerId: string): Promise<KeptCard>;
  /** Lets a card go for good; one that was let go already is as good. */
  detach(paymentMethodId: string): Promise<void>;
  /** With every card that is kept for them; one that has gone already is as good. */
  deleteCustomer(customerId: string): Promise<void>;
  fingerprintOf(paymentMethodId: string): Promise<string | null>;
}

export interface PaymentGateway extends CardKeeper {
  /**
   * The order's one intent, unconfirmed; calling it again returns the same one.
   * @throws {AppError} `total_not_chargeable`
   */
  create(intent: NewIntent): Promise<Intent>;
  /**
   * Charges the card. A decline is an outcome, not an error; calling it again charges nothing more. A saved card needs
   * its customer.
   * @throws {AppError} `invalid_input` where Stripe does not take it to pay with: the intent can still be charged then
   */
  confirm(intentId: string, paymentMethodId: string, customerId?: string | null): Promise<Intent>;
  retrieve(intentId: string): Promise<Intent>;
  /** Makes sure that the intent can never be charged; one that was charged already is returned as it is. */
  cancel(intentId: string, reason?: CancelReason): Promise<Intent>;
  /**
   * Gives money back; calling it again with the same refund id gives none back a second time.
   * @throws {AppError} `refund_refused`, with Stripe's code
   */
  refund(refund: NewRefund): Promise<StripeRefund>;
  /** Every refund of an intent, ours and those made by hand. */
  refundsOf(intentId: string): Promise<StripeRefund[]>;
  /** Null for a dispute of something else than an intent. */
  retrieveDispute(disputeId: string): Promise<StripeDispute | null>;
  /** Verifies the signature over the raw body. Null for an event that the money path has no use for. */
  readWebhook(rawBody: string, signature: string, secret: string, now: Date): Promise<News | null>;
}
