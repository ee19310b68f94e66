/** Who is still a user: whoever is not, can neither log in nor be written to, and no key of theirs opens anything. */

import { isNull } from 'drizzle-orm';
import { users } from './schema/accounts.ts';

export const isActive = isNull(users.erasedAt);
