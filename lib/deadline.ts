/** Waiting no longer than so long. */

/**
 * What the work comes to, or what `onLate` gives or throws when that takes longer. The work goes on; however it ends
 * then, nobody hears of it.
 */
export async function withDeadline<T, Late>(
  work: Promise<T>,
  limitMs: number,
  onLate: () => Late,
): Promise<T | Late> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, limitMs);
  try {
    return await Promise.race([work, late.promise.then(onLate)]);
  } finally {
    clearTimeout(timer);
  }
}
