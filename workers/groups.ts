/**
 * Which consumers run together. A process runs one group, some, or all of them; any number of processes may run the
 * same one, for its consumers share their durable queues.
 */

/** Their consumers, by name. */
export const SCALED_GROUPS = {
  email: [
    ...(['email', 'account-email', 'theft-warning', 'webhook-warning'] as const),
    ...(['stock-email', 'shipment-email', 'return-email', 'edit-email', 'cart-email'] as const),
  ],
  inventory: ['inventory', 'returns'],
} as const satisfies Record<string, readonly string[]>;

export type ScaledGroup = keyof typeof SCALED_GROUPS;

/**
 * `general` runs every other consumer, and what is done for all: the relay, the chores, the sending of webhooks and the redelivery. Several
 * processes may run those, too: each locks what it takes, and passes over what another has locked.
 */
export type WorkersGroup = ScaledGroup | 'general';

export const WORKERS_GROUPS = ['email', 'inventory', 'general'] as const satisfies readonly WorkersGroup[];

export function groupOf(consumer: string): WorkersGroup {
  const isIn = (group: ScaledGroup) => (SCALED_GROUPS[group] as readonly string[]).includes(consumer);
  return WORKERS_GROUPS.find((group) => group !== 'general' && isIn(group)) ?? 'general';
}
