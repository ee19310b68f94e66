/** What stands in place of a person who has been taken out: an address that no mail reaches (RFC 2606). */

const ERASED_DOMAIN = 'erased.invalid';

export function erasedEmail(userId: string): string {
  return `${userId}@${ERASED_DOMAIN}`;
}

export function isErasedEmail(email: string): boolean {
  return email.endsWith(`@${ERASED_DOMAIN}`);
}
