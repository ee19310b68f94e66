/** Documents over HTTP, as PDF. */

import { Elysia } from 'elysia';
import type { OrderId, RefundId, ShipmentId } from '#lib/ids.ts';
import type { ProblemCode } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { ShipmentParams } from '#origin/fulfilment/service.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { OrderParams } from '#origin/orders/service.ts';
import { CreditNoteParams, Pdf } from './model.ts';
import { type Document, readCreditNote, readInvoice, readPackingSlip } from './service.ts';

const EXTENSION = '.pdf';

export function documentRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'documents', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .get(
      '/orders/:id/invoice.pdf',
      async ({ caller, params, request }) =>
        answer(await readInvoice(forRequest(deps, request), caller, params.id as OrderId)),
      {
        access: 'anyone',
        params: OrderParams,
        detail: documented('getInvoice', {
          summary: 'The invoice of an order, once it is paid',
          description:
            'Of the order as it was bought. A guest sends the `Cart-Token`; an admin may read any.',
          failures: ['document_not_found'],
        }),
      },
    )
    .get(
      '/orders/:id/credit-notes/:file',
      async ({ caller, params, request }) => {
        const refundId = params.file.replace(EXTENSION, '') as RefundId;
        const name = { orderId: params.id as OrderId, refundId };
        return answer(await readCreditNote(forRequest(deps, request), caller, name));
      },
      {
        access: 'anyone',
        params: CreditNoteParams,
        detail: documented('getCreditNote', {
          summary: 'The credit note of a refund, once it has arrived',
          description: 'As with the invoice.',
          failures: ['document_not_found'],
        }),
      },
    )
    .use(forStaff(deps, tokens));
}

function forStaff(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'documents-for-staff', normalize: false }).use(auth(tokens)).get(
    '/sales/:orderId/shipments/:shipmentId/packing-slip.pdf',
    async ({ caller, params, request }) => {
      const name = { orderId: params.orderId as OrderId, shipmentId: params.shipmentId as ShipmentId };
      return answer(await readPackingSlip(forRequest(deps, request), signedIn(caller), name));
    },
    {
      access: 'sales:read',
      params: ShipmentParams,
      detail: documented('getPackingSlip', {
        summary: 'What lies in a parcel and where it goes',
        description:
          'Without prices. There is one while the parcel is packed and has not been sent: it names whom it goes to.',
        failures: ['forbidden', 'shipment_not_found', 'document_not_found'],
      }),
    },
  );
}

function answer({ name, pdf }: Document): Response {
  return new Response(Buffer.from(pdf), {
    headers: {
      ...PRIVATE,
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="${name}"`,
      'x-content-type-options': 'nosniff',
    },
  });
}

interface Documented {
  readonly summary: string;
  readonly description: string;
  readonly failures: readonly ProblemCode[];
}

function documented(id: string, { failures, ...rest }: Documented) {
  return operation({
    ...{ id, ...rest, tag: 'Orders' },
    success: { status: 200, description: 'The document.', schema: Pdf, mediaType: 'application/pdf' },
    failures: ['unauthenticated', 'order_not_found', ...failures],
  });
}
