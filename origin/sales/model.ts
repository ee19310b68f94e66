/** Orders as their sellers see them: the lines that are theirs, and where the goods go. */

import { type Static, t } from 'elysia';
import { orderStatus } from '#db/schema/orders.ts';
import { PlannedParcel } from '#origin/fulfilment/service.ts';
import { closedObject, DateTime, page, pageQuery, Uuid } from '#origin/http/schemas.ts';
import { OrderItem, Return, Shipment } from '#origin/orders/service.ts';

const Address = t.Object(
  {
    name: t.String(),
    line1: t.String(),
    line2: t.Optional(t.String()),
    city: t.String(),
    region: t.Optional(t.String()),
    postalCode: t.String(),
    country: t.String(),
  },
  { description: 'Only while there is something to send.' },
);

const usd = (amount: number) => ({ amount, currency: 'USD' });

export const Sale = t.Object(
  {
    orderId: Uuid,
    number: t.String(),
    status: t.UnionEnum(orderStatus.enumValues),
    placedAt: DateTime,
    items: t.Array(OrderItem, { description: "The seller's own; all of them for an admin." }),
    shipments: t.Array(Shipment, { description: 'With nothing but lines of theirs in them.' }),
    plannedParcels: t.Array(PlannedParcel, {
      description:
        'What each location is yet to pack of their lines; none until the stock has left the shelf.',
    }),
    returns: t.Array(Return, { description: 'Of nothing but lines of theirs.' }),
    shipTo: t.Union([Address, t.Null()]),
  },
  {
    examples: [
      {
        orderId: '01890a5d-ac96-774b-bcce-b302099a8080',
        number: '100001',
        status: 'paid',
        placedAt: '2026-01-31T12:00:00.000Z',
        items: [
          {
            id: '01890a5d-ac96-774b-bcce-b302099a8081',
            variantId: '01890a5d-ac96-774b-bcce-b302099a8059',
            productId: '01890a5d-ac96-774b-bcce-b302099a8057',
            name: 'Enamel Camping Mug',
            sku: 'MUG-RED',
            options: ['Red'],
            quantity: 2,
            unitPrice: usd(1450),
            lineTotal: usd(2900),
            ...{ discount: usd(0), tax: usd(0), includedTax: usd(0), taxRatePpm: 0 },
            units: { packed: 0, shipped: 0, delivered: 0, returned: 0, removed: 0 },
          },
        ],
        shipments: [],
        plannedParcels: [
          {
            ...{ locationId: '01890a5d-ac96-774b-bcce-b302099a8090', location: 'Rotterdam' },
            items: [{ itemId: '01890a5d-ac96-774b-bcce-b302099a8081', quantity: 2 }],
          },
        ],
        returns: [],
        shipTo: { name: 'Ada', line1: '1 Street', city: 'Town', postalCode: '12345', country: 'US' },
      },
    ],
  },
);
export type Sale = Static<typeof Sale>;

export const SalePage = page(Sale);
export type SalePage = Static<typeof SalePage>;

export const SaleListQuery = closedObject(pageQuery);
export type SaleListQuery = Static<typeof SaleListQuery>;

export const SaleParams = closedObject({ orderId: Uuid });
