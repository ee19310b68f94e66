/** Swagger UI as a developer meets it: in a browser, through the edge, with no network beyond the machine. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { findChromium, launchOffline } from '#test/support/browser.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG, TEST_PASSWORD } from '#test/support/origin.ts';
import { openMerchant } from '#test/support/pricing.ts';
import { createProduct } from '#test/support/shopping.ts';

const PURGE_SECRET = 'a-purge-secret-of-enough-characters';
const MANY = 1_000_000;
const STEP_TIMEOUT_MS = 30_000;
const TEST_TIMEOUT_MS = 90_000;
/** Again and again the whole page is drawn. */
const STORY_TIMEOUT_MS = 180_000;

const chromium = findChromium();
let shop: OriginUnderTest;
let originServer: Bun.Server<undefined>;
let edge: RunningEdge;
let browser: Browser | undefined;

beforeAll(async () => {
  shop = await openOrigin();
  originServer = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => shop.fetch(request) });
  edge = await startEdge({
    originUrl: `http://127.0.0.1:${originServer.port}`,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    limits: { ANONYMOUS_LIMITER: MANY, CATALOG_MISS_LIMITER: MANY },
    onLog: () => {},
  });
  if (chromium !== null) browser = await launchOffline(chromium);
}, TEST_TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await edge.stop();
  await originServer.stop(true);
  await shop.close();
}, TEST_TIMEOUT_MS);

interface Filling {
  readonly tag: string;
  /** By their names: what is put into the fields of parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What of the example that is filled in already is another. */
  readonly change?: (example: Readonly<Record<string, unknown>>) => object;
}

/**
 * Opens an operation: by a click where the page has drawn it, which of so many it does with those in view only; else by
 * its link.
 */
async function open(page: Page, tag: string, operationId: string) {
  const operation = page.locator(`[id="operations-${tag}-${operationId}"]`);
  const isDrawn = (await operation.count()) > 0;
  const isOpen = isDrawn && (await operation.getAttribute('class'))?.includes('is-open');
  if (isDrawn && !isOpen) {
    await operation.locator('button.opblock-summary-control').click();
    return operation;
  }
  const isHere = page.url().startsWith(`${edge.url}/docs`);
  await page.goto(`${edge.url}/docs#/${tag}/${operationId}`);
  // To another place of the same page is no way that it would look at.
  if (isHere) await page.reload();
  return operation;
}

/** Runs an operation by its 'Execute' button, and reads what the page shows of the answer. */
async function execute(page: Page, operationId: string, { tag, parameters = {}, change }: Filling) {
  const operation = await open(page, tag, operationId);
  for (const [name, value] of Object.entries(parameters)) {
    await operation.locator(`tr[data-param-name="${name}"] input`).fill(value);
  }
  if (change !== undefined) {
    const body = operation.locator('textarea.body-param__text');
    await body.fill(JSON.stringify(change(JSON.parse(await body.inputValue()))));
  }
  await operation.locator('button.execute').click();
  const live = operation.locator('.live-responses-table .response').first();
  const status = await live.locator('.response-col_status').textContent();
  const text = await live.locator('.highlight-code code').first().textContent();
  return { status: status?.trim(), body: JSON.parse(text ?? '') };
}

interface Watched {
  readonly page: Page;
  /** What was asked of anybody else, and what the page itself did wrong. */
  readonly faults: readonly string[];
}

async function openPage(of: Browser): Promise<Watched> {
  const page = await of.newPage();
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  const faults: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(edge.url) && !request.url().startsWith('data:')) faults.push(request.url());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults };
}

async function logIn(page: Page, email: string): Promise<void> {
  const change = () => ({ email, password: TEST_PASSWORD });
  const login = await execute(page, 'login', { tag: 'Accounts', change });
  expect(login.status).toBe('200');
  await page.locator('button.authorize').first().click();
  const dialog = page.locator('.dialog-ux');
  await dialog.locator('input').first().fill(login.body.accessToken);
  await dialog.locator('button.authorize').first().click();
  await dialog.locator('button.btn-done').first().click();
}

/** Null where there is no Chromium, which is said. */
function browserHere(): Browser | null {
  if (browser !== undefined) return browser;
  expect(process.env['CI'], 'CI needs a Chromium').toBeUndefined();
  process.stderr.write('No Chromium here: the page is not driven, only its parts are checked.\n');
  return null;
}

test(
  'a developer logs in and buys, from the examples that the page fills in, with the network cut off',
  async () => {
    const found = browserHere();
    if (found === null) return;
    const merchant = await openMerchant(shop);
    await merchant.make('discounts', { name: 'Less', code: 'WELCOME10', kind: 'percent', ppm: 100_000 });
    const { variantId } = await createProduct(shop);
    const { email } = await shop.signIn();
    const { page, faults } = await openPage(found);
    await logIn(page, email);

    // Without a token in the answer it is the customer's, not a guest's.
    const made = await execute(page, 'createCart', { tag: 'Cart' });
    expect(made).toMatchObject({ status: '201', body: { items: [] } });
    expect(made.body).not.toHaveProperty('token');
    const parameters = { id: String(made.body.id) };
    const inCart = async (operationId: string, more: Pick<Filling, 'change'> = {}) => {
      const { status, body } = await execute(page, operationId, { tag: 'Cart', parameters, ...more });
      expect(status, `${operationId} ${JSON.stringify(body)}`).toBe('200');
      return body;
    };
    await inCart('addCartItem', { change: (example) => ({ ...example, variantId }) });
    await inCart('addCartCode');
    const quote = await inCart('getCartQuote');
    expect(quote).toMatchObject({ codes: [{ code: 'WELCOME10', status: 'applied' }] });

    const change: Filling['change'] = (example) => ({
      ...example,
      ...{ cartId: parameters.id, quote: quote.token },
    });
    const bought = await execute(page, 'checkOut', { tag: 'Checkout', change });
    expect(bought.status, JSON.stringify(bought.body)).toBe('201');
    const read = await execute(page, 'getOrder', { tag: 'Orders', parameters: { id: bought.body.id } });
    expect(read.body).toMatchObject({ status: 'paid', total: quote.total, discount: quote.discount });
    expect(faults).toEqual([]);
    await page.close();
  },
  STORY_TIMEOUT_MS,
);

test('the page and everything that it loads come from our own origin', async () => {
  const response = await fetch(`${edge.url}/docs`);
  const html = await response.text();
  const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(loaded.length).toBeGreaterThan(3);
  for (const path of [...loaded, '/docs/json']) {
    expect(path).toStartWith('/docs/');
    expect((await fetch(edge.url + path)).status).toBe(200);
  }
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});
