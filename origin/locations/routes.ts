/** Stock locations over HTTP, for admins. */

import { Elysia } from 'elysia';
import type { StockLocationId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import {
  LocationChange,
  LocationListQuery,
  LocationPage,
  LocationParams,
  NewLocation,
  StockLocation,
} from './model.ts';
import { changeLocation, createLocation, listLocations } from './service.ts';

const CREATED = 201;
const FAILURES = ['unauthenticated', 'forbidden'] as const;

export function locationRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'locations', prefix: '/api/v1/stock-locations', normalize: false })
    .use(auth(tokens))
    .get(
      '',
      async ({ caller, query }) =>
        Response.json(await listLocations(deps, signedIn(caller), query), { headers: PRIVATE }),
      {
        access: 'locations:read',
        query: LocationListQuery,
        detail: operation({
          id: 'listStockLocations',
          summary: 'Where stock lies, also what is out of use',
          description: 'What is not said to be anywhere is at the default location, which every shop has.',
          tag: 'Inventory',
          success: { status: 200, description: 'A page.', schema: LocationPage },
          failures: FAILURES,
        }),
      },
    )
    .post(
      '',
      async ({ body, caller, request }) =>
        Response.json(await createLocation(forRequest(deps, request), signedIn(caller), body), {
          status: CREATED,
          headers: PRIVATE,
        }),
      {
        access: 'locations:write',
        body: NewLocation,
        detail: operation({
          id: 'createStockLocation',
          summary: 'Open a place where stock lies',
          description: 'Nothing is there until stock is received or transferred there.',
          tag: 'Inventory',
          success: { status: CREATED, description: 'The location.', schema: StockLocation },
          failures: [...FAILURES, 'stock_locations_full'],
        }),
      },
    )
    .patch(
      '/:id',
      async ({ body, caller, params, request }) => {
        const id = params.id as StockLocationId;
        return Response.json(await changeLocation(forRequest(deps, request), signedIn(caller), id, body), {
          headers: PRIVATE,
        });
      },
      {
        access: 'locations:write',
        params: LocationParams,
        body: LocationChange,
        detail: operation({
          id: 'changeStockLocation',
          summary: 'Change a location, or take it out of use',
          description: 'Out of use only where nothing lies and from where nothing is to be sent.',
          tag: 'Inventory',
          success: { status: 200, description: 'The location as it is then.', schema: StockLocation },
          failures: [
            ...FAILURES,
            ...(['stock_location_not_found', 'stock_location_in_use', 'default_location_stays'] as const),
          ],
        }),
      },
    );
}
