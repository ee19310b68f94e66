/** A shop with its workers, its mail and its stream, for the auditor to look at. */

import { sql } from 'drizzle-orm';
import type { AuditReport, AuditSources } from '#ops/audit/audit.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { numberCreditNotes } from '#workers/handlers/number-credit-notes.ts';
import { numberInvoice } from '#workers/handlers/number-invoice.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendCartLetter } from '#workers/handlers/send-cart-letter.ts';
import { sendEditLetter } from '#workers/handlers/send-edit-letter.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { sendReturnLetter } from '#workers/handlers/send-return-letter.ts';
import { sendShipmentLetter } from '#workers/handlers/send-shipment-letter.ts';
import { createMailer } from '#workers/mailer.ts';
import { eventually } from './eventually.ts';
import { type OriginUnderTest, openOrigin } from './origin.ts';
import { type Loops, openLoops, openMail, openStream, type StreamView } from './workers.ts';

export interface AuditedShop {
  readonly shop: OriginUnderTest;
  readonly mail: MailCatcher;
  readonly stream: StreamView;
  readonly loops: Loops;
  readonly sources: AuditSources;
  /** The workers run from then on. */
  work(): void;
  /** Until every event is published and handled. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export function sourcesOf({ databaseUrl, config, double }: OriginUnderTest): AuditSources {
  return {
    databaseUrl,
    natsUrl: config.NATS_URL,
    mailUrl: null,
    stripe: { secretKey: config.STRIPE_SECRET_KEY, apiUrl: double.double.url },
  };
}

export async function openAuditedShop(): Promise<AuditedShop> {
  const shop = await openOrigin();
  const [mail, stream] = await Promise.all([openMail(), openStream(shop)]);
  const loops = openLoops(shop);
  const mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  return {
    ...{ shop, mail, stream, loops },
    sources: { ...sourcesOf(shop), mailUrl: mail.httpUrl },
    work: () => {
      loops.relay();
      loops.consume(sendReceipt(mailer));
      loops.consume(sellStock);
      loops.consume(numberInvoice);
      loops.consume(numberCreditNotes);
      loops.consume(sendShipmentLetter(mailer));
      loops.consume(sendReturnLetter(mailer));
      loops.consume(sendEditLetter(mailer));
      loops.consume(sendCartLetter(mailer));
    },
    settled: async () => {
      await eventually('the outbox is empty', async () => {
        const rows = await shop.deps.db.execute(sql`select 1 from outbox where published_at is null limit 1`);
        return rows.length === 0;
      });
      await stream.settled('email');
      await stream.settled('inventory');
      await stream.settled('invoices');
      await stream.settled('credit-notes');
      await stream.settled('shipment-email');
      await stream.settled('return-email');
      await stream.settled('edit-email');
      await stream.settled('cart-email');
    },
    close: async () => {
      await loops.stop();
      mailer.close();
      await stream.close();
      await mail.stop();
      await shop.close();
    },
  };
}

/** The report, reduced to what is wrong: each breached check with its rows. */
export function wrongIn({ checks }: AuditReport): Record<string, unknown> {
  return Object.fromEntries(
    checks.filter(({ breaches }) => breaches > 0).map(({ name, rows }) => [name, rows]),
  );
}
