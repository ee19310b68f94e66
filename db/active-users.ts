/** Who is still a user, neither kept out by an admin nor gone: whoever is not, can neither log in nor be written to, and no key of theirs opens anything. */

import { and, isNull } from 'drizzle-orm';
import { users } from './schema/accounts.ts';

export const isActive = and(isNull(users.disabledAt), isNull(users.deletedAt), isNull(users.erasedAt));
