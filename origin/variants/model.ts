/** What names a variant of a product. */

import { closedObject, Uuid } from '#origin/http/schemas.ts';

export const VariantParams = closedObject({ id: Uuid, variantId: Uuid });
