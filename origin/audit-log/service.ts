/** Privileged acts are written down here, each in the transaction that does it. */

import { type AuditAction, appendAudit } from '#db/audit-log.ts';
import type { Transaction } from '#db/client.ts';
import { currentTrace } from '#db/trace-scope.ts';
import type { ApiKeyId, UserId } from '#lib/ids.ts';
import { traceId } from '#lib/trace.ts';

export interface Act {
  readonly action: AuditAction;
  readonly object: { readonly kind: string; readonly id: string };
  /** What is otherwise now: ids, numbers, names of fields; nothing that a person wrote, nothing secret. */
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** Whose act it is: the key's, where it was a key that said who calls. */
export interface Actor {
  readonly userId: UserId;
  readonly apiKeyId?: ApiKeyId | undefined;
}

/** The last statement of the act's transaction: others wait for the log from here to the commit. */
export async function recordAct(
  tx: Transaction,
  { userId, apiKeyId }: Actor,
  { action, object, changes = {} }: Act,
): Promise<void> {
  const trace = currentTrace();
  await appendAudit(tx, {
    actor: apiKeyId === undefined ? 'user' : 'api_key',
    actorId: apiKeyId ?? userId,
    action,
    objectKind: object.kind,
    objectId: object.id,
    changes,
    traceId: trace === undefined ? null : traceId(trace.traceparent),
  });
}
