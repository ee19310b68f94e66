/** Swagger UI as a developer meets it: in a browser, through the edge, with no network beyond the machine. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { findChromium, launchOffline } from '#test/support/browser.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG, TEST_PASSWORD } from '#test/support/origin.ts';

const PURGE_SECRET = 'a-purge-secret-of-enough-characters';
const STEP_TIMEOUT_MS = 15_000;
const TEST_TIMEOUT_MS = 90_000;

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

/**
 * Opens an operation by its link, for of so many the page draws those in view only; runs it by its 'Execute' button, and
 * reads what the page shows of the answer.
 */
async function execute(page: Page, operationId: string, body?: object) {
  await page.goto(`${edge.url}/docs#/Accounts/${operationId}`);
  await page.reload();
  const operation = page.locator(`[id$="-${operationId}"]`);
  if (body !== undefined) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body));
  await operation.locator('button.execute').click();
  const live = operation.locator('.live-responses-table .response').first();
  const status = await live.locator('.response-col_status').textContent();
  const text = await live.locator('.highlight-code code').first().textContent();
  return { status: status?.trim(), body: JSON.parse(text ?? '') };
}

test(
  'a developer logs in and tries an operation, with the network cut off',
  async () => {
    if (browser === undefined) {
      expect(process.env['CI'], 'CI needs a Chromium').toBeUndefined();
      process.stderr.write('No Chromium here: the page is not driven, only its parts are checked.\n');
      return;
    }
    const { email } = await shop.signIn('seller');
    const page = await browser.newPage();
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    const elsewhere: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(edge.url) && !request.url().startsWith('data:'))
        elsewhere.push(request.url());
    });
    page.on('pageerror', (error) => errors.push(error.message));

    const login = await execute(page, 'login', { email, password: TEST_PASSWORD });
    expect(login.status).toBe('200');
    await page.locator('button.authorize').first().click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('input').first().fill(login.body.accessToken);
    await dialog.locator('button.authorize').first().click();
    await dialog.locator('button.btn-done').first().click();

    const me = await execute(page, 'getMe');
    expect(me.status).toBe('200');
    expect(me.body).toMatchObject({ email, role: 'seller' });
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  },
  TEST_TIMEOUT_MS,
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
