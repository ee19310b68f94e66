/** The console as an operator meets it: in a browser, at the origin's own port, with Redis killed before their eyes. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { MINUTE_MS } from '#lib/clock.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { findChromium, launchOffline } from '#test/support/browser.ts';
import { insertProducts } from '#test/support/catalogue.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { startRedis, type TestRedis } from '#test/support/redis-server.ts';

setDefaultTimeout(2 * MINUTE_MS);

const TOKEN = 'an-operators-token-of-enough-characters';
const STEP_TIMEOUT_MS = 30_000;
const WIDE = { width: 1_440, height: 900 };
const NARROW = { width: 390, height: 844 };

const chromium = findChromium();
let redis: TestRedis;
let shop: OriginUnderTest;
let origin: OriginProcess;
let edge: RunningEdge;
let browser: Browser | null = null;
let paths: readonly string[];

beforeAll(async () => {
  redis = await startRedis();
  // Every read goes to Redis.
  shop = await openOrigin({ REDIS_URL: redis.url, CACHE_MEMORY: 'off' });
  paths = (await insertProducts(shop, [{}, {}, {}])).map((id) => `/api/v1/products/${id}`);
  const { port } = await choosePorts({ port: 0 });
  origin = await startOrigin(shop.config, (url) => ({
    OPERATOR_TOKEN: TOKEN,
    OPS_TARGETS: `origin=${url},edge=http://${LOOPBACK}:${port}`,
  }));
  edge = await startEdge({
    port,
    operatorToken: TOKEN,
    originUrl: origin.url,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: 'a-purge-secret-of-enough-characters',
    onLog: () => {},
  });
  if (chromium !== null) browser = await launchOffline(chromium);
});

afterAll(async () => {
  await browser?.close();
  await edge.stop();
  await origin.kill();
  await shop.close();
  await redis.close();
});

/** Says why where there is no browser, and that CI needs one. */
function requireBrowser(): Browser | null {
  if (browser === null) {
    expect(process.env['CI'], 'CI needs a Chromium').toBeUndefined();
    process.stderr.write('No Chromium here: the console is not driven.\n');
  }
  return browser;
}

interface Visit {
  readonly page: Page;
  /** Requests to any host but the origin. */
  readonly elsewhere: readonly string[];
  readonly errors: readonly string[];
}

async function visit(context: BrowserContext): Promise<Visit> {
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  const [elsewhere, errors]: [string[], string[]] = [[], []];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin.url}/ops`) && !request.url().startsWith('data:')) {
      elsewhere.push(request.url());
    }
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // What the policy forbids is told here alone.
    if (/Content Security Policy|Refused/.test(message.text())) errors.push(message.text());
  });
  await page.goto(`${origin.url}/ops`);
  return { page, elsewhere, errors };
}

async function signIn(page: Page, token = TOKEN): Promise<void> {
  await page.getByLabel("The operator's token").fill(token);
  await page.getByRole('button', { name: 'Open the console' }).click();
}

const verdict = (page: Page) => page.getByRole('status');
const partOf = (page: Page, name: string) => page.locator(`.part[aria-label^="${name}:"]`);
const saying = (page: Page, text: RegExp) => verdict(page).filter({ hasText: text }).waitFor();

/** Shoppers who read, until the returned function is called. */
function readAllTheWhile(): () => Promise<void> {
  const stopping = new AbortController();
  const reading = (async () => {
    for (let next = 0; !stopping.signal.aborted; next += 1) {
      // A parameter of the list that nobody else asks with: the edge has no answer of it.
      const path = next % 2 === 0 ? (paths[next % paths.length] ?? '') : `/api/v1/products?minPrice=${next}`;
      await (await fetch(`${edge.url}${path}`)).arrayBuffer();
      await Bun.sleep(20);
    }
  })();
  return async () => {
    stopping.abort();
    await reading;
  };
}

async function widthBeyond(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

describe('an operator', () => {
  test('signs in, sees figures live, sees Redis go and come back, and signs out', async () => {
    const opened = requireBrowser();
    if (opened === null) return;
    const context = await opened.newContext({ viewport: WIDE });
    const { page, elsewhere, errors } = await visit(context);
    await signIn(page, 'x'.repeat(40));
    await page.getByText('That is not the token.').waitFor();
    await signIn(page);
    await saying(page, /All is well/);
    expect(await context.cookies()).toMatchObject([{ httpOnly: true, secure: true, sameSite: 'Strict' }]);

    const stopReading = readAllTheWhile();
    try {
      const requests = page.locator('.figures div', { hasText: 'Requests' }).locator('dd');
      await eventually('requests are counted', async () =>
        /^[1-9]/.test((await requests.textContent()) ?? ''),
      );
      const clock = page.locator('.clock');
      const before = await clock.textContent();
      await eventually('the time goes on', async () => (await clock.textContent()) !== before);
      await partOf(page, 'Redis').and(page.locator('.ok')).waitFor();
      expect(await page.locator('.canvas canvas').count()).toBe(6);

      await redis.kill();
      const killedAt = performance.now();
      await saying(page, /^✕Redis does not answer since \d\d:\d\d:\d\d; reads go on, slower$/);
      expect(performance.now() - killedAt).toBeLessThan(10_000);
      await partOf(page, 'Redis').and(page.locator('.down')).waitFor();
      expect(await partOf(page, 'Redis').getAttribute('aria-label')).toContain('does not answer');
      expect(await page.title()).toContain('Redis does not answer');
      expect(await partOf(page, 'Postgres primary').getAttribute('class')).toContain('ok');

      await redis.start();
      await saying(page, /All is well since \d\d:\d\d:\d\d/);
      await partOf(page, 'Redis').and(page.locator('.ok')).waitFor();
      await page.locator('.tables').getByRole('rowheader', { name: 'Redis does not answer' }).waitFor();
    } finally {
      await stopReading();
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel("The operator's token").waitFor();
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
    await context.close();
  });

  test('reads it on a narrow page and in the dark, with nothing beyond the edge of the page', async () => {
    const opened = requireBrowser();
    if (opened === null) return;
    const context = await opened.newContext({ viewport: NARROW, colorScheme: 'dark' });
    const { page, errors } = await visit(context);
    await signIn(page);
    await partOf(page, 'Origin').waitFor();
    expect(await page.locator('.picture.narrow').count()).toBe(1);
    expect(await widthBeyond(page)).toBe(0);
    const brightness = (colour: string) =>
      page.evaluate(`getComputedStyle(document.body)['${colour}'].match(/\\d+/g).slice(0, 3).map(Number)[0]`);
    expect(await brightness('backgroundColor')).toBeLessThan(64);
    expect(await brightness('color')).toBeGreaterThan(190);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await brightness('backgroundColor')).toBeGreaterThan(200);
    await page.setViewportSize(WIDE);
    await page.locator('.picture:not(.narrow)').waitFor();
    expect(await widthBeyond(page)).toBe(0);
    expect(errors).toEqual([]);
    await context.close();
  });

  test('reaches every part of the picture by the keyboard, each with its state in words', async () => {
    const opened = requireBrowser();
    if (opened === null) return;
    const context = await opened.newContext({ viewport: WIDE });
    const { page } = await visit(context);
    await signIn(page);
    await partOf(page, 'Edge').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).focus();
    const told: string[] = [];
    for (let part = 0; part < 9; part += 1) {
      await page.keyboard.press('Tab');
      told.push(String(await page.evaluate('document.activeElement.getAttribute("aria-label")')));
    }
    expect(told.toSorted().map((label) => label.split(':')[0])).toEqual([
      ...[
        'Edge',
        'Mail server',
        'NATS',
        'Origin',
        'Postgres primary',
        'Redis',
        'Replicas',
        'Stripe',
        'Workers',
      ],
    ]);
    for (const label of told) expect(label).toMatch(/^[\w ]+: \w+/);
    await context.close();
  });

  test('is told when the origin itself has gone, and goes on when it is back', async () => {
    const opened = requireBrowser();
    if (opened === null) return;
    const context = await opened.newContext({ viewport: WIDE });
    const { page } = await visit(context);
    await signIn(page);
    await saying(page, /All is well/);
    await origin.kill();
    await saying(page, /No news from the origin since \d\d:\d\d:\d\d/);
    await origin.start();
    // Sessions end with the process.
    await page.getByLabel("The operator's token").waitFor();
    await signIn(page);
    await saying(page, /All is well/);
    await context.close();
  });
});

test('the edge leads to no console', async () => {
  for (const path of ['/ops', '/ops/', '/ops/stream', '/ops/session', '/OPS', '/ops/assets/console.js']) {
    expect((await fetch(`${edge.url}${path}`)).status).toBe(404);
  }
});
