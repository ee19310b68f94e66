/** `npm start`: the whole shop on this machine, from the servers to the edge, until Ctrl-C. */

import { parseArgs } from 'node:util';
import { migrate } from '#db/migrate.ts';
import { grantRoles } from '#db/roles.ts';
import { isCatalogueEmpty, seedCatalogue, waitForSearch } from './local/catalogue.ts';
import { claimCheckout, releaseCheckout } from './local/claim.ts';
import { deleteData, LOGS, prepareLogs, requireOwnData } from './local/data.ts';
import { hasOwnRoles, rolePasswords } from './local/database-roles.ts';
import { type Interruption, onInterruption } from './local/interruption.ts';
import type { Part } from './local/part.ts';
import { shopParts, urlOf, usesMailServer, usesStripe, WANTED_PORTS } from './local/parts.ts';
import { LOCAL } from './local/paths.ts';
import { choosePorts } from './local/ports.ts';
import { say, seconds, step } from './local/progress.ts';
import { endLeftovers, openRegister } from './local/register.ts';
import { forgetRunningShop, type RunningShop, writeRunningShop } from './local/running.ts';
import { loadSecrets, type Secrets } from './local/secrets.ts';
import { givenUrl, startServers } from './local/servers.ts';
import { createSupervisor, type Supervisor } from './local/supervisor.ts';
import { printTable } from './local/table.ts';

const HELP = `Brings the shop up on this machine and keeps it up until Ctrl-C.

  npm start                  keeps the data of the last time
  npm start -- --fresh       deletes this checkout's data and starts from nothing
  npm start -- --help        this text

A server that the environment names is used as it is: DATABASE_URL, REDIS_URL, NATS_URL, SMTP_URL.
With STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET payments go to Stripe, otherwise to a double of it.
`;

/** Wall-clock time at which the set-up began, so that the figure is what the user waited. */
const begunAtMs = Number(process.env['HOTSHELF_BEGUN_AT_MS'] ?? Date.now());

function startAll(supervisor: Supervisor, parts: readonly Part[]): Promise<unknown> {
  return Promise.all(parts.map((part) => step(part.name, () => supervisor.start(part))));
}

/** @returns whether the database was empty and now holds the demo catalogue. */
async function prepareDatabase(databaseUrl: string, secrets: Secrets, signal: AbortSignal): Promise<boolean> {
  const current = givenUrl('FIELD_KEY') ?? secrets.fieldKey;
  await step('migrations', () => migrate(databaseUrl, { current }));
  if (hasOwnRoles()) await step('database roles', () => grantRoles(databaseUrl, rolePasswords(secrets)));
  else say("one database role for all, that of DATABASE_URL; 'npm run db:roles -- --help' parts them");
  if (!(await isCatalogueEmpty(databaseUrl))) return false;
  await step('demo catalogue', () => seedCatalogue(databaseUrl, signal));
  return true;
}

async function bringUp(supervisor: Supervisor, signal: AbortSignal): Promise<RunningShop> {
  const secrets = await loadSecrets(LOCAL);
  const servers = await startServers({ folder: LOCAL, secrets, isDurable: true, supervisor });
  const ports = await choosePorts(WANTED_PORTS);
  const parts = shopParts({ servers, secrets, ports });
  const [isNew] = await Promise.all([
    prepareDatabase(servers.databaseUrl, secrets, signal),
    startAll(supervisor, parts.outside),
  ]);
  signal.throwIfAborted();
  await startAll(supervisor, parts.shop);
  if (isNew) await step('search index', () => waitForSearch(servers.databaseUrl));
  return {
    launcherPid: process.pid,
    edgeUrl: urlOf(ports.edge),
    originUrl: urlOf(ports.origin),
    workersUrl: urlOf(ports.workers),
    ...servers,
    metricsToken: secrets.metricsToken,
    stripeDoubleUrl: usesStripe() ? null : urlOf(ports.stripe),
    mailUrl: usesMailServer() ? null : urlOf(ports.mail),
  };
}

async function serve(supervisor: Supervisor, interruption: Interruption): Promise<void> {
  const coming = bringUp(supervisor, interruption.signal);
  coming.catch(() => undefined);
  const shop = await Promise.race([coming, interruption.requested.then(() => null)]);
  if (shop === null) return;
  await writeRunningShop(shop);
  printTable(shop, Date.now() - begunAtMs);
  await interruption.requested;
}

async function shutDown(supervisor: Supervisor): Promise<void> {
  const begun = performance.now();
  console.log('\n  stopping');
  await forgetRunningShop();
  await supervisor.stop();
  console.log(`  stopped after ${seconds(performance.now() - begun)}; the data is kept in .local/`);
}

async function run(isFresh: boolean): Promise<void> {
  if (isFresh) requireOwnData();
  await claimCheckout();
  try {
    const leftovers = await endLeftovers(LOCAL);
    if (leftovers.length > 0) say(`ended what an earlier start had left: ${leftovers.join(', ')}`);
    if (isFresh) await step('deleting the old data', deleteData);
    await prepareLogs();
    const supervisor = createSupervisor({ logFolder: LOGS, register: openRegister(LOCAL), say });
    const insist = () =>
      void supervisor
        .kill()
        .then(releaseCheckout)
        .finally(() => process.exit(1));
    const interruption = onInterruption(insist);
    try {
      await serve(supervisor, interruption);
    } finally {
      await shutDown(supervisor);
    }
  } finally {
    await releaseCheckout();
  }
}

async function main(): Promise<void> {
  // The terminal may be closed before the shop is.
  process.stdout.on('error', () => undefined);
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) console.log(HELP);
  else await run(values.fresh);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
