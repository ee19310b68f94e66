/**
 * The workers' process: the consumers of its groups, and with the general one the relay and the chores, until SIGTERM;
 * then what is in hand is finished.
 */

import { traceFields } from '#db/trace-scope.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import { createLogger } from '#lib/log.ts';
import { createDeps } from '#origin/deps.ts';
import { reportDeliveries } from '#origin/webhook-deliveries/service.ts';
import { createCloudflarePurge } from './cloudflare-purge.ts';
import { cloudflareZone, groupsOf, readWorkersConfig } from './config.ts';
import { runConsumer } from './consumer.ts';
import { groupOf } from './groups.ts';
import { countOrders, countStockFalls } from './handlers/count-business.ts';
import { deleteStripeCustomer } from './handlers/delete-stripe-customer.ts';
import { fanOutWebhooks } from './handlers/fan-out-webhooks.ts';
import { applyCategoryRule, placeProduct } from './handlers/follow-category-rules.ts';
import { indexProduct } from './handlers/index-product.ts';
import { learnFromOrder } from './handlers/learn-from-order.ts';
import { numberCreditNotes } from './handlers/number-credit-notes.ts';
import { numberInvoice } from './handlers/number-invoice.ts';
import { parkStranded } from './handlers/park-stranded.ts';
import {
  purgeCategories,
  purgeCurrencies,
  purgeEdge,
  purgeReviews,
  purgeSearches,
} from './handlers/purge-edge.ts';
import { rateProduct } from './handlers/rate-product.ts';
import { renewCategory, renewMoreOfCategory } from './handlers/renew-category.ts';
import { returnStock } from './handlers/return-stock.ts';
import { sellStock } from './handlers/sell-stock.ts';
import { sendAccountLetter } from './handlers/send-account-letter.ts';
import { sendCartLetter } from './handlers/send-cart-letter.ts';
import { sendEditLetter } from './handlers/send-edit-letter.ts';
import { sendReceipt } from './handlers/send-receipt.ts';
import { sendReturnLetter } from './handlers/send-return-letter.ts';
import { sendShipmentLetter } from './handlers/send-shipment-letter.ts';
import { sendStockLetter } from './handlers/send-stock-letter.ts';
import { tellOfStock } from './handlers/tell-of-stock.ts';
import { warnOfDisabledWebhook } from './handlers/warn-of-disabled-webhook.ts';
import { warnOfTheft } from './handlers/warn-of-theft.ts';
import { keepHouse } from './housekeeping.ts';
import { createMailer } from './mailer.ts';
import { runRelay } from './outbox-relay.ts';
import { runParkedAgain } from './parked-again.ts';
import { serveProbes } from './probes.ts';
import { reportQueues } from './queue-metrics.ts';
import { runRedelivery } from './redelivery.ts';
import { sendWebhooks } from './webhook-sender.ts';

const DRAIN_TIMEOUT_MS = 15 * SECOND_MS;

function readConfigOrExit() {
  try {
    const config = readWorkersConfig(process.env);
    return { config, zone: cloudflareZone(config) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const { config, zone } = readConfigOrExit();
const log = createLogger(
  { level: config.LOG_LEVEL, write: (line) => process.stdout.write(`${line}\n`), fields: traceFields },
  { process: 'workers' },
);
const { deps, close } = createDeps(config, 'hotshelf-workers', log);
const mailer = createMailer(config.SMTP_URL, config.MAIL_FROM);

process.on('unhandledRejection', (error) => log.error('a promise was left to fail alone', { error }));
process.on('uncaughtException', (error) => log.error('an error was caught by nobody', { error }));

const edge = { url: config.EDGE_PURGE_URL, secret: config.EDGE_PURGE_SECRET };
const everywhere = zone === null ? undefined : createCloudflarePurge(zone);
const consumers = [
  sendReceipt(mailer, config.SHOP_URL),
  sendAccountLetter(mailer, config.SHOP_URL),
  deleteStripeCustomer,
  warnOfTheft(mailer),
  warnOfDisabledWebhook(mailer),
  sendStockLetter(mailer, config.SHOP_URL),
  sendShipmentLetter(mailer),
  sendReturnLetter(mailer),
  sendEditLetter(mailer),
  sendCartLetter(mailer, config.SHOP_URL),
  sellStock,
  returnStock,
  numberInvoice,
  numberCreditNotes,
  parkStranded,
  countOrders,
  countStockFalls,
  tellOfStock,
  indexProduct,
  learnFromOrder,
  purgeEdge(edge, everywhere),
  purgeSearches(edge, everywhere),
  ...fanOutWebhooks,
  purgeReviews(edge, everywhere),
  rateProduct,
  purgeCategories(edge, everywhere),
  purgeCurrencies(edge, everywhere),
  renewCategory,
  renewMoreOfCategory,
  applyCategoryRule,
  placeProduct,
];
const stopping = new AbortController();
const groups = groupsOf(config);
const own = consumers.filter(({ name }) => groups.includes(groupOf(name)));
const forAll = () => [
  runRelay(deps, stopping.signal),
  keepHouse(deps, stopping.signal),
  sendWebhooks(deps, stopping.signal),
  // Of every consumer, wherever it runs: an event is settled once all of them have dealt with it.
  runRedelivery(deps, consumers, stopping.signal),
];
const work = Promise.all([
  ...(groups.includes('general') ? forAll() : []),
  runParkedAgain(deps, own, stopping.signal),
  ...own.map((consumer) => runConsumer(deps, consumer, stopping.signal)),
]);
reportQueues(deps, consumers);
reportDeliveries(deps);
const listening = { hostname: config.WORKERS_HOST, port: config.WORKERS_PORT };
const probes = serveProbes(deps, listening, config.OPERATOR_TOKEN);
log.info('the workers run', { host: config.WORKERS_HOST, port: config.WORKERS_PORT, groups });

async function stop(signal: string): Promise<void> {
  if (stopping.signal.aborted) return;
  deps.vitals.drain();
  log.info('the workers stop', { signal });
  setTimeout(() => process.exit(1), DRAIN_TIMEOUT_MS).unref();
  stopping.abort();
  await work;
  await probes.stop(true);
  mailer.close();
  await close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));
