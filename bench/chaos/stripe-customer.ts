/** The shopper before their bank: answers the 3-D Secure challenge at the Stripe double, which may be down. */

const TIMEOUT_MS = 2_000;
const PAUSE_MS = 200;

interface Bank {
  readonly stripeUrl: string;
  readonly mayGoOn: () => boolean;
}

/** Resolves when the bank has the answer; a challenge that is over counts as answered. */
export async function answerBank(
  { stripeUrl, mayGoOn }: Bank,
  clientSecret: string,
  agrees: boolean,
): Promise<void> {
  const intentId = clientSecret.replace(/_secret_.*$/, '');
  const outcome = agrees ? 'succeed' : 'fail';
  while (mayGoOn()) {
    const answer = await fetch(`${stripeUrl}/_double/payment_intents/${intentId}/authenticate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ outcome }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return;
    await Bun.sleep(PAUSE_MS);
  }
}
