/** What the ids in the examples of bodies stand for: whoever adds an operation with one says so here. */

import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { World } from './strangers.ts';

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

const aLocation = ({ ids }: World) => ({ id: ids.location, isOthers: false });
const lineOfAnOrder = ({ ids }: World) => ({ id: ids.orderLine, isOthers: false });
/** What is put in place of the ids in the examples of bodies: something of somebody else, or what all may name. */
export const BODY_IDS: Readonly<
  Record<string, (world: World) => { readonly id: string; readonly isOthers: boolean }>
> = {
  'POST /api/v1/checkout /cartId': ({ ids }) => ({ id: ids.cart, isOthers: true }),
  'POST /api/v1/inventory/adjustments /variantId': ({ ids }) => ({ id: ids.variant, isOthers: true }),
  'POST /api/v1/inventory/adjustments /locationId': aLocation,
  'POST /api/v1/inventory/transfers /variantId': ({ ids }) => ({ id: ids.variant, isOthers: true }),
  'POST /api/v1/inventory/transfers /fromLocationId': () => ({ id: DEFAULT_LOCATION, isOthers: false }),
  'POST /api/v1/inventory/transfers /toLocationId': aLocation,
  'POST /api/v1/sales/{orderId}/shipments /locationId': () => ({ id: DEFAULT_LOCATION, isOthers: false }),
  'POST /api/v1/sales/{orderId}/returns/{returnId}/receive /locationId': aLocation,
  'POST /api/v1/sales/{orderId}/reroutes /itemId': lineOfAnOrder,
  'POST /api/v1/sales/{orderId}/reroutes /fromLocationId': () => ({ id: DEFAULT_LOCATION, isOthers: false }),
  'POST /api/v1/sales/{orderId}/reroutes /toLocationId': aLocation,
  'POST /api/v1/shipping-methods /locationId': aLocation,
  'POST /api/v1/carts/{id}/items/bulk /items/*/variantId': ({ ids }) => ({
    id: ids.variant,
    isOthers: false,
  }),
  'POST /api/v1/carts/{id}/items /variantId': ({ ids }) => ({ id: ids.variant, isOthers: false }),
  'POST /api/v1/merchant/products/changes /items/*/id': ({ ids }) => ({ id: ids.product, isOthers: false }),
  'PATCH /api/v1/products/{id} /images/*/variantId': ({ ids }) => ({ id: ids.variant, isOthers: false }),
  'POST /api/v1/sales/{orderId}/shipments /items/*/itemId': lineOfAnOrder,
  'POST /api/v1/orders/{id}/returns /items/*/itemId': lineOfAnOrder,
  'POST /api/v1/orders/{id}/returns /items/*/replacementVariantId': ({ ids }) => ({
    id: ids.variant,
    isOthers: false,
  }),
  'POST /api/v1/orders/{id}/edits /items/*/itemId': lineOfAnOrder,
  'POST /api/v1/sales/{orderId}/returns/{returnId}/receive /items/*/itemId': lineOfAnOrder,
  'POST /api/v1/prices /variantId': ({ ids }) => ({ id: ids.variant, isOthers: false }),
  'POST /api/v1/prices /groupId': () => ({ id: NOBODYS, isOthers: false }),
  'POST /api/v1/shipping-methods /zoneId': () => ({ id: NOBODYS, isOthers: false }),
  'POST /api/v1/discounts /groupId': () => ({ id: NOBODYS, isOthers: false }),
  'POST /api/v1/customer-groups/{id}/members /userId': ({ ids }) => ({ id: ids.user, isOthers: false }),
  'PATCH /api/v1/products/{id} /variants/*/id': ({ ids }) => ({ id: ids.variant, isOthers: false }),
  'POST /api/v1/reviews /productId': ({ ids }) => ({ id: ids.product, isOthers: false }),
  'POST /api/v1/review-reports /reviewId': ({ ids }) => ({ id: ids.review, isOthers: false }),
  'POST /api/v1/wish-lists/items /variantId': ({ ids }) => ({ id: ids.variant, isOthers: false }),
  'POST /api/v1/wish-lists/{id}/items /variantId': ({ ids }) => ({ id: ids.variant, isOthers: false }),
  // Whose cart it is stands in the tests of wish lists: here it would hide whose list it is.
  'POST /api/v1/wish-lists/{id}/items/{variantId}/cart /cartId': ({ ids }) => ({
    id: ids.cart,
    isOthers: false,
  }),
  'POST /api/v1/me/views /productId': ({ ids }) => ({ id: ids.product, isOthers: false }),
  'POST /api/v1/stock-notices /variantId': ({ ids }) => ({ id: ids.variant, isOthers: false }),
};
