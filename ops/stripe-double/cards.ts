/** Stripe's test cards as data: what each looks like and how a payment with it goes, https://docs.stripe.com/testing */

/** Why an issuer refuses. Only `card_declined` has further reasons; the others are reasons themselves. */
export interface Decline {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
  readonly param?: string;
}

/** `unless_set_up`: no challenge for a card that was saved with one. */
export type Challenge = 'none' | 'always' | 'unless_set_up';

export interface TestCard {
  readonly brand: string;
  readonly last4: string;
  readonly funding: 'credit' | 'debit' | 'prepaid';
  readonly country: string;
  readonly challenge: Challenge;
  readonly decline: Decline | null;
  /** A declining card can be saved first: its payments fail only later. */
  readonly attaches: boolean;
  /** The payment stays in `processing` until a control call settles it: the double's own, not Stripe's. */
  readonly processes: boolean;
  /** How a refund to the card begins; `fails` begins as succeeded, and both end by a control call. */
  readonly refunds: 'at_once' | 'pending' | 'fails';
}

const DECLINED = 'Your card was declined.';
const declined = (declineCode: string, message = DECLINED): Decline => ({
  code: 'card_declined',
  declineCode,
  message,
});
const GENERIC = declined('generic_decline');
const NO_FUNDS = declined('insufficient_funds', 'Your card has insufficient funds.');
const EXPIRED: Decline = {
  code: 'expired_card',
  declineCode: 'expired_card',
  message: 'Your card has expired.',
  param: 'exp_month',
};
const BAD_CVC: Decline = {
  code: 'incorrect_cvc',
  declineCode: 'incorrect_cvc',
  message: "Your card's security code is incorrect.",
  param: 'cvc',
};
const BROKEN: Decline = {
  code: 'processing_error',
  declineCode: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
};

/** The answer to a payment off session with a card that demands its holder. */
export const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

const VISA: TestCard = {
  brand: 'visa',
  last4: '4242',
  funding: 'credit',
  country: 'US',
  challenge: 'none',
  decline: null,
  attaches: true,
  processes: false,
  refunds: 'at_once',
};
const brand = (name: string, last4: string, rest: Partial<TestCard> = {}): TestCard => ({
  ...VISA,
  brand: name,
  last4,
  ...rest,
});
const declining = (last4: string, decline: Decline): TestCard => ({
  ...VISA,
  last4,
  decline,
  attaches: false,
});
const abroad = (last4: string, country: string): TestCard => ({ ...VISA, last4, country });
const challenged = (last4: string, challenge: Challenge, decline: Decline | null = null): TestCard => ({
  ...VISA,
  last4,
  challenge,
  decline,
});

/** By the part of the id after `pm_card_`. */
const CARDS: Readonly<Record<string, TestCard>> = {
  visa: VISA,
  visa_debit: brand('visa', '5556', { funding: 'debit' }),
  mastercard: brand('mastercard', '4444'),
  mastercard_debit: brand('mastercard', '8210', { funding: 'debit' }),
  mastercard_prepaid: brand('mastercard', '5100', { funding: 'prepaid' }),
  amex: brand('amex', '0005'),
  discover: brand('discover', '1117'),
  diners: brand('diners', '0004'),
  jcb: brand('jcb', '0505', { country: 'JP' }),
  unionpay: brand('unionpay', '0005', { country: 'CN' }),
  us: VISA,
  ca: abroad('0000', 'CA'),
  gb: abroad('0000', 'GB'),
  de: abroad('0000', 'DE'),
  fr: abroad('0003', 'FR'),
  jp: abroad('0003', 'JP'),
  chargeDeclined: declining('0002', GENERIC),
  chargeDeclinedInsufficientFunds: declining('9995', NO_FUNDS),
  chargeDeclinedLostCard: declining('9987', declined('lost_card')),
  chargeDeclinedStolenCard: declining('9979', declined('stolen_card')),
  chargeDeclinedExpiredCard: declining('0069', EXPIRED),
  chargeDeclinedIncorrectCvc: declining('0127', BAD_CVC),
  chargeDeclinedProcessingError: declining('0119', BROKEN),
  chargeDeclinedVelocityLimitExceeded: declining('6975', declined('card_velocity_exceeded')),
  chargeDeclinedFraudulent: declining('0019', declined('fraudulent')),
  radarBlock: declining('0019', declined('fraudulent')),
  chargeCustomerFail: { ...declining('0341', GENERIC), attaches: true },
  authenticationRequired: challenged('3184', 'always'),
  authenticationRequiredOnSetup: challenged('3155', 'unless_set_up'),
  authenticationRequiredSetupForOffSession: challenged('3155', 'unless_set_up'),
  authenticationRequiredChargeDeclinedInsufficientFunds: challenged('3178', 'always', NO_FUNDS),
  threeDSecureRequired: challenged('3063', 'always'),
  threeDSecure2Required: challenged('3220', 'always'),
  threeDSecureRequiredChargeDeclined: challenged('1629', 'always', GENERIC),
  pendingRefund: { ...VISA, last4: '7726', refunds: 'pending' },
  refundFail: { ...VISA, last4: '5126', refunds: 'fails' },
  threeDSecureOptional: challenged('3055', 'none'),
};

/** The names with `visa_` in them, which the same cards have in Stripe's newer documents. */
const WITH_BRAND = /^visa_(?=chargeDeclined)/;

/** Not of Stripe: `pm_double_processing` pays later, when `/_double/.../settle` says how. */
const PROCESSING_NAME = 'double_processing';

/** The card of a name as kept beside a PaymentMethod, or null when there is none. */
export function testCard(name: string): TestCard | null {
  if (name === PROCESSING_NAME) return { ...VISA, last4: '0077', processes: true };
  const plain = name.replace(WITH_BRAND, '');
  return Object.hasOwn(CARDS, plain) ? (CARDS[plain] ?? null) : null;
}

/** The card's name in a magic id such as `pm_card_visa`, or null for any other id. */
export function nameOfMagicId(id: string): string | null {
  const name = id === `pm_${PROCESSING_NAME}` ? PROCESSING_NAME : id.replace(/^pm_card_/, '');
  return name !== id && testCard(name) !== null ? name : null;
}

/** The card's name in a test token such as `tok_visa`, or null for any other token. */
export function nameOfToken(token: string): string | null {
  const name = token.replace(/^tok_/, '');
  return name !== token && testCard(name) !== null ? name : null;
}

export const MAGIC_IDS: readonly string[] = Object.keys(CARDS).map((name) => `pm_card_${name}`);
