/** A shop whose workers tell who waits for stock, and the people who do. */

import { eq } from 'drizzle-orm';
import { countUnpublished } from '#db/outbox.ts';
import { stockNotices } from '#db/schema/stock-notices.ts';
import type { VariantId } from '#lib/ids.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendStockLetter } from '#workers/handlers/send-stock-letter.ts';
import { tellOfStock } from '#workers/handlers/tell-of-stock.ts';
import { createMailer } from '#workers/mailer.ts';
import { eventually } from './eventually.ts';
import { type Answer, openOrigin } from './origin.ts';
import { createProduct, type TestProduct } from './shopping.ts';
import { openLoops, openMail, openStream } from './workers.ts';

export const NOTICES_SHOP_URL = 'https://shop.example';

export type Noticing = Awaited<ReturnType<typeof openNoticing>>;

export const newAddress = () => `ada-${crypto.randomUUID()}@test.example`;
export const tokenIn = (message: unknown) => /\bsn_[\w-]{43}/.exec(JSON.stringify(message))?.[0] ?? '';

export async function openNoticing() {
  const shop = await openOrigin();
  const [stream, mail] = await Promise.all([openStream(shop), openMail()]);
  const mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  const loops = openLoops(shop);
  const post = (path: string, body?: object, token?: string): Promise<Answer> =>
    shop.call(`/api/v1/${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body }),
      ...(token === undefined ? {} : { token }),
    });
  const ask = (body: object, token?: string) => post('stock-notices', body, token);
  return {
    ...{ shop, stream, mail, loops, ask },
    confirm: (token: string) => post('stock-notices/confirmation', { token }),
    stop: (token: string) => post(`stock-notices/stop?token=${token}`),
    work: () => {
      loops.relay();
      const letters = sendStockLetter(mailer, NOTICES_SHOP_URL);
      for (const consumer of [tellOfStock, letters, sellStock, returnStock]) loops.consume(consumer);
    },
    /** What one thing leads to, another may follow from: until nothing is on its way any more. */
    settled: () =>
      eventually('nothing is under way', async () => {
        if ((await countUnpublished(shop.deps.db)) > 0) return false;
        for (const consumer of ['returns', 'inventory', 'stock-notices', 'stock-email']) {
          await stream.settled(consumer);
        }
        return (await countUnpublished(shop.deps.db)) === 0;
      }),
    receive: async ({ variantId, sellerToken }: TestProduct, delta: number) => {
      const { status } = await shop.call('/api/v1/inventory/adjustments', {
        method: 'POST',
        token: sellerToken,
        headers: { 'idempotency-key': crypto.randomUUID() },
        body: { variantId, delta, kind: 'receipt', reason: 'A parcel' },
      });
      if (status !== 200) throw new Error(`a receipt answered ${status}`);
    },
    soldOut: (name = 'Test Product') => createProduct(shop, { stock: 0, name }),
    mailsTo: async (email: string) =>
      (await mail.messages()).filter(({ to }) => to.some((each) => each.toLowerCase() === email)),
    rowsOf: ({ variantId }: TestProduct) =>
      shop.deps.db
        .select()
        .from(stockNotices)
        .where(eq(stockNotices.variantId, variantId as VariantId))
        .orderBy(stockNotices.waitingSince, stockNotices.id),
    /** New accounts that wait for the product, in this order. */
    queueOf: async ({ variantId }: TestProduct, length: number) => {
      const waiting: { readonly email: string; readonly token: string }[] = [];
      for (let at = 0; at < length; at += 1) {
        const user = await shop.signIn();
        const { status } = await ask({ variantId }, user.token);
        if (status !== 202) throw new Error(`asking answered ${status}`);
        waiting.push(user);
      }
      return waiting;
    },
    close: async () => {
      mailer.close();
      await mail.stop();
      await stream.close();
      await shop.close();
    },
  };
}
