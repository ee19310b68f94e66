/** Shipments over HTTP: for the sellers of an order's goods, and for admins. */

import { Elysia } from 'elysia';
import type { OrderId, ShipmentId } from '#lib/ids.ts';
import type { ProblemCode } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { Shipment } from '#origin/orders/service.ts';
import {
  PlannedParcels,
  RerouteInput,
  ShipmentInput,
  ShipmentParams,
  ShipmentsParams,
  TrackingBody,
} from './model.ts';
import { askReroute, askShipment, askStep } from './requests.ts';

const FAILURES = ['unauthenticated', 'forbidden', 'order_not_found'] as const;
const STEP_FAILURES = [...FAILURES, 'shipment_not_found', 'shipment_step_refused'] as const;

export function fulfilmentRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'fulfilment', prefix: '/api/v1/sales/:orderId', normalize: false })
    .use(auth(tokens))
    .use(parcels(deps, tokens))
    .use(reroutes(deps, tokens));
}

function reroutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'fulfilment-reroutes', normalize: false }).use(auth(tokens)).post(
    '/reroutes',
    async ({ body, caller, headers, params, request }) => {
      const orderId = params.orderId as OrderId;
      const asked = { orderId, key: headers['idempotency-key'], input: body };
      return toResponse(await askReroute(forRequest(deps, request), signedIn(caller), asked));
    },
    {
      access: 'locations:write',
      params: ShipmentsParams,
      headers: IdempotencyHeader,
      body: RerouteInput,
      detail: operation({
        id: 'rerouteUnits',
        summary: 'Have another location send units that are not packed yet',
        description: 'They are taken from its shelf; those that were to be sent go back on theirs.',
        tag: 'Orders',
        success: { status: 200, description: 'What is to be packed where then.', schema: PlannedParcels },
        failures: [
          ...[...FAILURES, ...IDEMPOTENCY_FAILURES],
          ...(['order_item_not_found', 'order_not_shippable', 'units_not_at_location'] as const),
          ...(['stock_location_not_found', 'stock_location_inactive', 'stock_not_at_location'] as const),
        ],
      }),
    },
  );
}

function parcels(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'fulfilment-parcels', prefix: '/shipments', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, headers, params, request }) => {
        const orderId = params.orderId as OrderId;
        const key = headers['idempotency-key'];
        const asked = { orderId, key, input: body };
        return toResponse(await askShipment(forRequest(deps, request), signedIn(caller), asked));
      },
      {
        access: 'shipments:write',
        params: ShipmentsParams,
        headers: IdempotencyHeader,
        body: ShipmentInput,
        detail: operation({
          id: 'packShipment',
          summary: 'Pack units of your lines of an order into a parcel',
          description:
            'As often as there are units left: an order may go in parts. Not once all of its money is back, on its way ' +
            'back or disputed.',
          tag: 'Orders',
          success: { status: 201, description: 'The parcel.', schema: Shipment },
          failures: [
            ...[...FAILURES, ...IDEMPOTENCY_FAILURES],
            ...(['order_item_not_found', 'order_not_shippable', 'units_not_left'] as const),
            'units_not_at_location',
          ],
        }),
      },
    )
    .use(shipping(deps, tokens))
    .use(ends(deps, tokens));
}

function shipping(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'fulfilment-shipping', normalize: false }).use(auth(tokens)).post(
    '/:shipmentId/ship',
    async ({ body, caller, params, request }) => {
      const tracking = body ?? {};
      const stepping = { ...idsOf(params), step: 'ship', tracking } as const;
      return Response.json(await askStep(forRequest(deps, request), signedIn(caller), stepping), {
        headers: PRIVATE,
      });
    },
    {
      access: 'shipments:write',
      params: ShipmentParams,
      body: TrackingBody,
      detail: documented('shipShipment', {
        summary: 'Say that a parcel has left',
        description:
          'The shopper hears of it, once. Again, it corrects the tracking. Not once all of its money is back, on its ' +
          'way back or disputed.',
        failures: ['order_not_shippable'],
      }),
    },
  );
}

function ends(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'fulfilment-ends', normalize: false })
    .use(auth(tokens))
    .post(
      '/:shipmentId/deliver',
      async ({ caller, params, request }) => {
        const stepping = { ...idsOf(params), step: 'deliver' } as const;
        return Response.json(await askStep(forRequest(deps, request), signedIn(caller), stepping), {
          headers: PRIVATE,
        });
      },
      {
        access: 'shipments:write',
        params: ShipmentParams,
        detail: documented('deliverShipment', {
          summary: 'Say that a parcel has arrived',
          description: 'The shopper hears of it, once. The order is delivered when its last parcel is.',
        }),
      },
    )
    .post(
      '/:shipmentId/unpack',
      async ({ caller, params, request }) => {
        const stepping = { ...idsOf(params), step: 'unpack' } as const;
        return Response.json(await askStep(forRequest(deps, request), signedIn(caller), stepping), {
          headers: PRIVATE,
        });
      },
      {
        access: 'shipments:write',
        params: ShipmentParams,
        detail: documented('unpackShipment', {
          summary: 'Take a parcel apart that has not left',
          description: 'Its units may be packed anew.',
        }),
      },
    );
}

interface Documented {
  readonly summary: string;
  readonly description?: string;
  readonly failures?: readonly ProblemCode[];
}

function documented(id: string, { failures = [], ...rest }: Documented) {
  return operation({
    ...{ id, ...rest, tag: 'Orders' },
    success: { status: 200, description: 'The parcel as it is then.', schema: Shipment },
    failures: [...STEP_FAILURES, ...failures],
  });
}

function idsOf({ orderId, shipmentId }: { readonly orderId: string; readonly shipmentId: string }) {
  return { orderId: orderId as OrderId, shipmentId: shipmentId as ShipmentId };
}
