/** What returns take over HTTP; what they answer is an order's `returns`. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { returnReason } from '#db/schema/returns.ts';
import { closedObject, Uuid } from '#origin/http/schemas.ts';

const MAX_LINES = 200;
const MAX_UNITS = 1_000_000;
const MAX_NOTE_LENGTH = 1_000;
const MAX_AMOUNT_MINOR = 99_999_999;
const ITEM_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8081';

const Count = Type.Integer({ minimum: 0, maximum: MAX_UNITS });

/** Not `t.UnionEnum`, whose first value would stand in for one that was not given. */
const Reason = Type.Unsafe<(typeof returnReason.enumValues)[number]>(
  Type.Union(
    returnReason.enumValues.map((reason) => Type.Literal(reason)),
    { error: `must be one of ${returnReason.enumValues.join(', ')}` },
  ),
);

export const ReturnInput = closedObject(
  {
    items: t.Array(
      closedObject({
        itemId: Uuid,
        quantity: Type.Integer({ minimum: 1, maximum: MAX_UNITS }),
        replacementVariantId: t.Optional(
          t.String({
            ...Uuid,
            description:
              'What to send instead, of the same seller. It costs no more than what was paid for the unit, less ' +
              'discounts; the same variant, or another variant of the same product at the same list price, is always ' +
              'possible. The difference goes back; and so does all of it, if there is none left when the goods are here. None is ' +
              "sent that is not covered by what is left of the order's money then.",
          }),
        ),
      }),
      { minItems: 1, maxItems: MAX_LINES, description: 'Lines of the order by their ids, each once.' },
    ),
    reason: Reason,
    note: t.Optional(t.String({ maxLength: MAX_NOTE_LENGTH, description: 'For whoever decides.' })),
  },
  {
    examples: [
      { items: [{ itemId: ITEM_EXAMPLE, quantity: 1 }], reason: 'damaged', note: 'The lid is bent.' },
    ],
  },
);
export type ReturnInput = Static<typeof ReturnInput>;

export const Rejection = closedObject(
  {
    answer: t.String({
      minLength: 1,
      maxLength: MAX_NOTE_LENGTH,
      pattern: '\\S',
      description: 'Why; the shopper reads it.',
    }),
  },
  { examples: [{ answer: 'The seal was broken.' }] },
);

export const ReceiptInput = closedObject(
  {
    items: t.Array(
      closedObject({
        itemId: Uuid,
        restock: t.Optional(Count),
        writeOff: t.Optional(Count),
      }),
      {
        minItems: 1,
        maxItems: MAX_LINES,
        description: 'What came of each line; what is not named did not come.',
      },
    ),
    locationId: t.Optional(
      t.String({ ...Uuid, description: 'Where it came to; the default location, if it is not given.' }),
    ),
  },
  { examples: [{ items: [{ itemId: ITEM_EXAMPLE, restock: 1, writeOff: 0 }] }] },
);
export type ReceiptInput = Static<typeof ReceiptInput>;

/** No body at all stands for an empty one. */
export const ReturnRefundBody = t.Union(
  [
    closedObject({
      amount: t.Optional(
        Type.Integer({
          minimum: 1,
          maximum: MAX_AMOUNT_MINOR,
          description:
            "In minor units of the order's currency; all that was charged for what came, if not given, as far as it " +
            'is left and pays for no replacement.',
        }),
      ),
    }),
    t.Null(),
  ],
  { examples: [{ amount: 500 }] },
);

export const OwnReturnParams = closedObject({ id: Uuid, returnId: Uuid });
export const ReturnParams = closedObject({ orderId: Uuid, returnId: Uuid });
