/** What an import did, for the log of privileged acts: numbers, in the transaction that wrote the products. */

import { appendAudit, byOperator } from '#db/audit-log.ts';
import type { Transaction } from '#db/client.ts';
import type { Run } from './run.ts';

export interface ImportedCounts {
  readonly created: number;
  readonly changed: number;
}

export async function recordImport(
  tx: Transaction,
  { id }: Pick<Run, 'id'>,
  { created, changed }: ImportedCounts,
): Promise<void> {
  if (created + changed === 0) return;
  const act = { action: 'products.imported', objectKind: 'import', objectId: id } as const;
  await appendAudit(tx, byOperator({ ...act, changes: { created, changed } }));
}
