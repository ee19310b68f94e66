/** What one may see and have taken away of oneself. */

import { type Static, t } from 'elysia';
import { DateTime, Uuid } from '#origin/http/schemas.ts';

/** As the shop keeps it; what each has in it says itself. */
const Records = t.Array(t.Object({}, { additionalProperties: true }));
const nullableInstant = t.Union([DateTime, t.Null()]);

export const PersonalData = t.Object(
  {
    exportedAt: DateTime,
    account: t.Object({
      id: Uuid,
      email: t.String(),
      name: t.String(),
      role: t.String(),
      createdAt: DateTime,
      emailVerifiedAt: nullableInstant,
      cartRemindersSince: nullableInstant,
      stripeCustomerId: t.Union([t.String(), t.Null()]),
    }),
    secondFactor: t.Union([
      t.Object({ createdAt: DateTime, enabledAt: nullableInstant, recoveryCodesLeft: t.Number() }),
      t.Null(),
    ]),
    sessions: Records,
    mailedTokens: Records,
    apiKeys: Records,
    paymentMethods: Records,
    customerGroups: Records,
    carts: Records,
    orders: Records,
    reviews: Records,
    reviewReports: Records,
    wishLists: Records,
    views: Records,
    stockNotices: Records,
    cartReminders: Records,
    pictures: Records,
    products: Records,
  },
  {
    description: 'Everything that the shop holds of you, but for secrets and their hashes.',
    examples: [
      {
        exportedAt: '2026-01-31T12:00:00.000Z',
        account: {
          id: '01890a5d-ac96-774b-bcce-b302099a8060',
          email: 'ada@example.com',
          name: 'Ada',
          role: 'shopper',
          createdAt: '2026-01-01T12:00:00.000Z',
          emailVerifiedAt: '2026-01-01T12:01:00.000Z',
          cartRemindersSince: null,
          stripeCustomerId: null,
        },
        secondFactor: null,
        sessions: [{ issuedAt: '2026-01-31T11:59:00.000Z', expiresAt: '2026-02-07T11:59:00.000Z' }],
        mailedTokens: [],
        apiKeys: [],
        paymentMethods: [],
        customerGroups: [],
        carts: [],
        orders: [{ number: 100001, status: 'paid', email: 'ada@example.com' }],
        reviews: [],
        reviewReports: [],
        wishLists: [],
        views: [],
        stockNotices: [],
        cartReminders: [],
        pictures: [],
        products: [],
      },
    ],
  },
);
export type PersonalData = Static<typeof PersonalData>;
