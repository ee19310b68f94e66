/** What search takes and answers. */

import { type Static, t } from 'elysia';
import { filterQuery, ProductPage } from '#origin/catalog/service.ts';
import { closedObject, pageQuery } from '#origin/http/schemas.ts';

const MAX_QUERY_LENGTH = 200;

export const SearchQuery = closedObject({
  q: t.String({ minLength: 1, maxLength: MAX_QUERY_LENGTH, description: 'Words; "a phrase"; -without.' }),
  ...filterQuery,
  ...pageQuery,
});
export type SearchQuery = Static<typeof SearchQuery>;

export const SearchPage = ProductPage;
