/** The double as a program: `bun ops/stripe-double/main.ts --help`. */

import { parseArgs } from 'node:util';
import { createLogger } from '#lib/log.ts';
import { startStripeDouble } from './server.ts';

const HELP = `A local stand-in for Stripe, for shops without a STRIPE_SECRET_KEY and for tests.

  bun ops/stripe-double/main.ts [options]

  --port N               where to listen on 127.0.0.1 (STRIPE_DOUBLE_PORT; default 12111, 0 takes a free one)
  --state FILE           the SQLite file that remembers every payment (default :memory:)
  --webhook-url URL      where signed events go (STRIPE_WEBHOOK_URL; default: nowhere)
  --webhook-secret KEY   what signs them, whsec_... (STRIPE_WEBHOOK_SECRET)
  --help                 this text

STRIPE_SECRET_KEY, if set, is the only key that is let in; otherwise every sk_test_... is.
What it can do, and the control calls below /_double/, are in ops/stripe-double/README.md.
`;

const DEFAULT_PORT = '12111';
const MAX_PORT = 65_535;

interface Settings {
  readonly port: number;
  readonly statePath: string;
  readonly webhook?: { readonly url: string; readonly secret: string };
  readonly secretKey?: string;
}

/** @returns the settings, or a sentence that says what is wrong with them. */
function readSettings(values: Readonly<Record<string, string | boolean | undefined>>): Settings | string {
  const { STRIPE_DOUBLE_PORT, STRIPE_WEBHOOK_URL, STRIPE_WEBHOOK_SECRET, STRIPE_SECRET_KEY } = process.env;
  const text = (name: string, fallback?: string) => String(values[name] ?? fallback ?? '');
  const port = Number(text('port', STRIPE_DOUBLE_PORT || DEFAULT_PORT));
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    return `--port (STRIPE_DOUBLE_PORT) must be a number from 0 to ${MAX_PORT}.`;
  }
  const [url, secret] = [
    text('webhook-url', STRIPE_WEBHOOK_URL),
    text('webhook-secret', STRIPE_WEBHOOK_SECRET),
  ];
  if (url !== '' && !URL.canParse(url)) return '--webhook-url (STRIPE_WEBHOOK_URL) must be a URL.';
  if (url !== '' && secret === '') return '--webhook-secret (STRIPE_WEBHOOK_SECRET) is missing.';
  return {
    port,
    statePath: text('state', ':memory:'),
    ...(url === '' ? {} : { webhook: { url, secret } }),
    ...(STRIPE_SECRET_KEY ? { secretKey: STRIPE_SECRET_KEY } : {}),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      state: { type: 'string' },
      'webhook-url': { type: 'string' },
      'webhook-secret': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const settings = readSettings(values);
  if (typeof settings === 'string') {
    console.error(settings);
    process.exitCode = 1;
    return;
  }
  const log = createLogger({ level: 'info', write: (line) => console.log(line) });
  const double = await startStripeDouble({ ...settings, log });
  log.info('the Stripe double listens', { url: double.url, webhook: settings.webhook?.url ?? null });
  const stop = () => {
    double.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
