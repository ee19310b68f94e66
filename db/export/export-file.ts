/** Exports products into a file: `exportFile(url, { path, sellerId }, onProgress)`. */

import { open, rename, rm } from 'node:fs/promises';
import { connect } from '#db/client.ts';
import type { UserId } from '#lib/ids.ts';
import { exportProducts } from './export-products.ts';

export interface ExportTarget {
  readonly path: string;
  /** Everybody's, where it is undefined. */
  readonly sellerId: UserId | undefined;
}

const STATEMENT_TIMEOUT_MS = 60_000;

/** @returns how many products the file has */
export async function exportFile(
  databaseUrl: string,
  { path, sellerId }: ExportTarget,
  onProgress: (products: number) => void,
): Promise<number> {
  const { db, close } = connect(databaseUrl, {
    applicationName: 'hotshelf-export',
    maxConnections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const unfinished = `${path}.part`;
  try {
    const products = await db.transaction(
      async (tx) => {
        await using file = await open(unfinished, 'w');
        let count = 0;
        const scope = sellerId === undefined ? {} : { sellerId };
        for await (const batch of exportProducts((read) => read(tx), scope)) {
          await file.writeFile(batch.text);
          count += batch.products;
          onProgress(count);
        }
        await file.sync();
        return count;
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    );
    await rename(unfinished, path);
    return products;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await close();
  }
}
