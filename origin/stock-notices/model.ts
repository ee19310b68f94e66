/** What notices of stock take and answer. */

import { type Static, t } from 'elysia';
import { stockNoticeStatus } from '#db/schema/stock-notices.ts';
import { Email } from '#origin/credentials/service.ts';
import { closedObject, DateTime, Uuid, withExample } from '#origin/http/schemas.ts';

const VARIANT_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8059';

export const NewStockNotice = closedObject(
  {
    variantId: Uuid,
    email: t.Optional(
      t.String({ ...Email, description: 'Your account’s if not given; else it is confirmed first.' }),
    ),
  },
  { examples: [{ variantId: VARIANT_EXAMPLE, email: 'ada@example.com' }] },
);
export type NewStockNotice = Static<typeof NewStockNotice>;

const Token = t.String({ pattern: '^sn_[\\w-]{43}$', error: 'must be the token of a mail' });
const TOKEN_EXAMPLE = 'sn_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3';

export const Confirmation = closedObject({ token: Token }, { examples: [{ token: TOKEN_EXAMPLE }] });
export const StopQuery = closedObject({ token: withExample(Token, TOKEN_EXAMPLE) });
export const NoticeParams = closedObject({ id: Uuid });

const StockNotice = t.Object({
  id: Uuid,
  variantId: Uuid,
  productId: Uuid,
  name: t.String(),
  options: t.Array(t.String()),
  status: t.UnionEnum(stockNoticeStatus.enumValues),
  askedAt: DateTime,
});

export const StockNotices = t.Object(
  { items: t.Array(StockNotice, { description: 'All that your account waits for, or has been told of.' }) },
  {
    examples: [
      {
        items: [
          {
            id: '01890a5d-ac96-774b-bcce-b302099a80c1',
            variantId: VARIANT_EXAMPLE,
            productId: '01890a5d-ac96-774b-bcce-b302099a8057',
            name: 'Enamel Camping Mug',
            options: ['Red'],
            status: 'waiting',
            askedAt: '2026-01-31T12:00:00.000Z',
          },
        ],
      },
    ],
  },
);
export type StockNotices = Static<typeof StockNotices>;
