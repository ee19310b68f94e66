/** What edits of orders take over HTTP; what they answer is the order. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { closedObject, Uuid } from '#origin/http/schemas.ts';
import { AddressInput } from '#origin/orders/service.ts';

const MAX_LINES = 200;
const MAX_UNITS = 1_000_000;

export const EditInput = closedObject(
  {
    items: t.Optional(
      t.Array(
        closedObject({
          itemId: Uuid,
          quantity: Type.Integer({
            minimum: 0,
            maximum: MAX_UNITS,
            description: 'How many are wanted from now on; 0 takes the line off.',
          }),
        }),
        { minItems: 1, maxItems: MAX_LINES, description: 'Lines of the order by their ids, each once.' },
      ),
    ),
    shippingAddress: t.Optional(AddressInput),
  },
  {
    examples: [{ items: [{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 1 }] }],
  },
);
export type EditInput = Static<typeof EditInput>;
