/** What asks for documents over HTTP, and what they are. */

import { Type } from '@sinclair/typebox';
import { t } from 'elysia';
import { closedObject, Uuid, withExample } from '#origin/http/schemas.ts';

export const CreditNoteParams = closedObject({
  id: Uuid,
  /** The path ends with it: what is asked for is a file. */
  file: withExample(
    t.String({
      pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}(\\.pdf)?$',
      description: 'The id of the refund, and `.pdf`.',
      error: 'must be the id of a refund, with .pdf or without',
    }),
    '01890a5d-ac96-774b-bcce-b302099a80c1.pdf',
  ),
});

export const Pdf = Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary', examples: ['%PDF-1.3'] });
