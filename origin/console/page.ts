/** The console's page: a frame that holds no data, and the files that fill it, all of them ours. */

import { createAssets } from '#origin/http/assets.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // The icon of the tab, which shows the state.
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  // It names its assets by what they are at the moment.
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
};

export function createConsoleAssets() {
  return createAssets('/ops/assets/', { 'console.js': buildScript, 'console.css': joinStyles });
}

async function buildScript(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [Bun.fileURLToPath(import.meta.resolve('./page/main.ts'))],
    target: 'browser',
    format: 'iife',
    minify: true,
  });
  const [output] = outputs;
  if (output === undefined) throw new Error('the console has no script');
  return output.text();
}

const STYLES = ['./page/frame.css', './page/picture.css', './page/figures.css', 'uplot/dist/uPlot.min.css'];

async function joinStyles(): Promise<string> {
  const read = (name: string) => Bun.file(Bun.fileURLToPath(import.meta.resolve(name))).text();
  return (await Promise.all(STYLES.map(read))).join('\n');
}

/** `pathOf`: where each of its files is, by its plain name. */
export function page(pathOf: (name: string) => string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Hotshelf operations</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${pathOf('console.css')}">
    <script src="${pathOf('console.js')}" defer></script>
  </head>
  <body>
    <noscript>The console needs JavaScript.</noscript>
    <div id="console"></div>
  </body>
</html>
`;
}
