/** How long the people and programs of a run wait, each in milliseconds. */

/** For one answer; as the edge waits for the origin. */
export const EDGE_WAITS_MS = 10_000;
/** A shopper who has no patience waits so long, and sends the same again. */
export const IMPATIENT_MS = 400;
/** A shopper who has had no final answer so long after the last fault gives up. */
export const SHOPPERS_FINISH_MS = 60_000;
/** For the shop to come to rest after the last shopper. */
export const SETTLE_MS = 90_000;
/** A probe of whether the shop is normal is tried for so long. */
export const RECOVERY_LIMIT_MS = 15_000;
