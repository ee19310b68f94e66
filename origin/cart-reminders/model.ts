/** What reminders of carts take. */

import { t } from 'elysia';
import { closedObject, withExample } from '#origin/http/schemas.ts';

const Token = t.String({ pattern: '^cr_[\\w-]{43}$', error: 'must be the token of a mail' });

export const StopQuery = closedObject({
  token: withExample(Token, 'cr_7Qm2bXv0Jc9sT4nLkR1dYfW8hZpE3uGaKoViN5xMtSw'),
});
