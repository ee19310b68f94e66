/** Parts of a document, as the API's page is given them. */

import { expect, test } from 'bun:test';
import { partOf } from '#origin/http/document-parts.ts';

const DOCUMENT = {
  paths: {
    '/carts': {
      post: {
        parameters: [{ name: 'q', schema: { type: 'object', properties: { $ref: { type: 'string' } } } }],
        responses: { 200: { description: 'Made.' }, 429: { $ref: '#/components/responses/limited' } },
      },
    },
  },
  components: {
    responses: { limited: { headers: { 'retry-after': { $ref: '#/components/headers/seconds' } } } },
    headers: { seconds: { schema: { type: 'integer' } } },
  },
};

test('a part has all that its references point at, also theirs, and is the same otherwise', () => {
  const { parameters, responses } = DOCUMENT.paths['/carts'].post;
  expect(partOf(DOCUMENT, ['paths', '/carts', 'post'])).toEqual({
    parameters,
    responses: { ...responses, 429: { headers: { 'retry-after': { schema: { type: 'integer' } } } } },
  });
});

test('nothing is at a path that leads nowhere', () => {
  expect(partOf(DOCUMENT, ['paths', '/orders', 'get'])).toBeUndefined();
});
