/** Writes the report where git does not look: once for programs, once for people. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKOUT } from '#ops/local/paths.ts';
import type { Report } from './model.ts';
import { renderPage } from './page.ts';

const FOLDER = join(CHECKOUT, 'bench', 'report');
const CHARTS = Bun.fileURLToPath(import.meta.resolve('./charts.ts'));

export interface ReportFiles {
  readonly json: string;
  readonly page: string;
}

/** @param name of both files, without what follows the dot. */
export async function writeReport(report: Report, name: string): Promise<ReportFiles> {
  await mkdir(FOLDER, { recursive: true });
  const files = { json: join(FOLDER, `${name}.json`), page: join(FOLDER, `${name}.html`) };
  await Bun.write(files.json, `${JSON.stringify(report, null, 2)}\n`);
  await Bun.write(files.page, renderPage(report, await bundleCharts()));
  return files;
}

async function bundleCharts(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [CHARTS],
    target: 'browser',
    format: 'iife',
    minify: true,
  });
  const [output] = outputs;
  if (output === undefined) throw new Error('the charts have no bundle');
  return output.text();
}
