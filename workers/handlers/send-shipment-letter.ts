/** Tells a shopper that a parcel of theirs has left, and that it has arrived: one email each. */

import { isErasedEmail } from '#lib/erased.ts';
import type { OrderId, ShipmentId } from '#lib/ids.ts';
import { readParcel } from '#origin/fulfilment/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { mailOnce } from '#workers/mail-once.ts';
import type { Mailer } from '#workers/mailer.ts';
import { writeShipmentLetter } from '#workers/shipment-letter.ts';

const NAME = 'shipment-email';

export function sendShipmentLetter(mailer: Mailer): Consumer {
  return {
    name: NAME,
    filter: 'shipment.*',
    handle: async (deps, { id, name, data }) => {
      if (name !== 'shipment.shipped' && name !== 'shipment.delivered') return;
      if (!('shipmentId' in data)) return;
      const shipmentId = data.shipmentId as ShipmentId;
      await mailOnce(deps, { consumer: NAME, eventId: id, subjectId: shipmentId }, async () => {
        const parcel = await readParcel(deps, data.orderId as OrderId, shipmentId);
        const { email: to } = parcel.order;
        if (isErasedEmail(to)) return;
        const messageId = `${name}-${shipmentId}@hotshelf`;
        await mailer.send({ to, messageId, ...writeShipmentLetter(name, parcel) });
      });
    },
  };
}
