/** Ids as Stripe makes them, and references between objects, which are ids until an answer expands them. */

/** Makes an id: the prefix, an underscore and characters that are unique to it. */
export interface StripeIds {
  next(prefix: string): string;
}

const ID_CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH_CHARS = 24;

export const randomStripeIds: StripeIds = {
  next: (prefix) => {
    const bytes = crypto.getRandomValues(new Uint8Array(ID_LENGTH_CHARS));
    return `${prefix}_${Array.from(bytes, (byte) => ID_CHARS[byte % ID_CHARS.length]).join('')}`;
  },
};

export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === 'string' ? reference : reference.id;
}
