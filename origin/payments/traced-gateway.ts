/** Calls to Stripe as spans. Stripe itself is told nothing of the trace: its metadata names the order, which knows it. */

import { tracedCalls } from '#origin/adapters/traced.ts';
import type { PaymentGateway } from './gateway.ts';

export function tracedGateway(gateway: PaymentGateway): PaymentGateway {
  return tracedCalls(gateway, 'stripe', [
    ...(['create', 'confirm', 'retrieve', 'cancel', 'refund', 'refundsOf', 'retrieveDispute'] as const),
    ...(['createCustomer', 'attach', 'detach', 'deleteCustomer', 'fingerprintOf'] as const),
  ]);
}
