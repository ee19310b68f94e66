/** What reminders of carts take. */

import { t } from 'elysia';
import { closedObject } from '#origin/http/schemas.ts';

export const StopQuery = closedObject({
  token: t.String({ pattern: '^cr_[\\w-]{43}$', error: 'must be the token of a mail' }),
});
