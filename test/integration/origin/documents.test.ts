/** Invoices, credit notes and packing slips: what they say is what the order says, and their numbers have no gaps. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { documentCounters, documents } from '#db/schema/documents.ts';
import type { OrderId } from '#lib/ids.ts';
import { issueCreditNotes, issueInvoice } from '#origin/documents/service.ts';
import { lockOrder } from '#origin/orders/service.ts';
import { erasePerson } from '#origin/privacy/erase.ts';
import { checkBooks } from '#test/support/books.ts';
import { ADDRESS, edit } from '#test/support/edits.ts';
import { buyTwoLines, pack, send, step } from '#test/support/fulfilment.ts';
import { orderWith, refund } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { fetchFile, linesOfPdf } from '#test/support/pdf.ts';
import {
  buyQuoted,
  enterCode,
  type Furnished,
  furnishPricing,
  type Merchant,
  makeCode,
  openMerchant,
  shippedCart,
} from '#test/support/pricing.ts';
import { asStaff, sendBack } from '#test/support/returns.ts';
import { CATEGORY, cartOf, checkOut, createProduct, type Owner } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const SELLER = {
  SELLER_NAME: 'Żółw & Söhne',
  SELLER_ADDRESS: '1 Ulica | 00-001 Łódź',
  SELLER_TAX_ID: 'PL123',
};

let shop: OriginUnderTest;
let admin: Owner & { readonly token: string };
beforeAll(async () => {
  shop = await openOrigin(SELLER);
  admin = { token: (await shop.signIn('admin')).token };
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const invoiceOf = (orderId: string, owner: Owner) =>
  fetchFile(shop, `/api/v1/orders/${orderId}/invoice.pdf`, owner);
const noteOf = (orderId: string, refundId: string, owner: Owner) =>
  fetchFile(shop, `/api/v1/orders/${orderId}/credit-notes/${refundId}.pdf`, owner);

/** `$1,234.50` in minor units; the last amount of the line that begins so. */
function amountAfter(lines: readonly string[], label: string): number {
  const line = lines.find((each) => each.startsWith(label)) ?? '';
  const [amount = ''] = line.match(/-?\$[\d,.]+(?!.*\$)/) ?? [];
  return Number(amount.replaceAll(/[$,.]/g, ''));
}

describe('an invoice', () => {
  test('is the same bytes whenever it is printed, whoever asks', async () => {
    const { orderId, owner } = await orderWith(shop);
    const [first, again, forStaff] = [
      await invoiceOf(orderId, owner),
      await invoiceOf(orderId, owner),
      await invoiceOf(orderId, admin),
    ];
    expect(Buffer.compare(first.bytes, again.bytes)).toBe(0);
    expect(Buffer.compare(first.bytes, forStaff.bytes)).toBe(0);
  });

  test('has as many lines as the order, over as many pages as it takes', async () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const { token } = await shop.signIn('seller');
    const variants = numbers.map((index) => ({
      price: 1_000 + index,
      stock: 1,
      optionValues: [`no. ${index}`],
    }));
    const body = { name: 'Many', category: CATEGORY, optionNames: ['Which'], variants };
    const { body: product } = await shop.call('/api/v1/products', { method: 'POST', token, body });
    const wanted = product.variants.map(({ id }: { id: string }) => ({ variantId: id, quantity: 1 }));
    const cart = await cartOf(shop, wanted);
    const { body: order } = await checkOut(shop, cart);
    const lines = linesOfPdf((await invoiceOf(order.id, cart.owner)).bytes);
    expect(lines.filter((line) => line.startsWith('Many, no. '))).toHaveLength(50);
    expect(lines.filter((line) => line.startsWith('Invoice, ')).length).toBeGreaterThan(1);
    expect(amountAfter(lines, 'Total $')).toBe(order.total.amount);
  });

  test('says nothing any more of somebody who is erased, also where they had moved it', async () => {
    const { userId, token } = await shop.signIn();
    const { orderId, lines } = await buyTwoLines(shop, token);
    const items = lines.map(({ itemId }, index) => ({ itemId, quantity: index === 0 ? 3 : 1 }));
    await edit(shop, { orderId, owner: { token } }, { shippingAddress: ADDRESS });
    const before = linesOfPdf((await invoiceOf(orderId, admin)).bytes).join('\n');
    expect(before).toContain('1 Test Street');
    await send(shop, orderId, admin.token, ...items);
    await erasePerson(shop.deps, userId);
    const after = linesOfPdf((await invoiceOf(orderId, admin)).bytes).join('\n');
    expect(after).not.toMatch(/Street|Testville|Guest/);
    expect(after).toContain('US');
  });

  test('is there for nobody else', async () => {
    const { orderId, owner } = await orderWith(shop);
    const stranger = { token: (await shop.signIn()).token };
    expect((await invoiceOf(orderId, stranger)).status).toBe(404);
    expect((await invoiceOf(orderId, { cartToken: 'ct_guessed' })).status).toBe(404);
    expect((await invoiceOf(orderId, owner)).status).toBe(200);
    expect((await noteOf(orderId, crypto.randomUUID(), owner)).status).toBe(404);
    const { body } = await refund(shop, { orderId }, admin.token, { body: { amount: 1 } });
    const other = await orderWith(shop);
    expect((await noteOf(other.orderId, body.refunds[0].id, other.owner)).status).toBe(404);
    expect((await noteOf(orderId, body.refunds[0].id, owner)).status).toBe(200);
  });
});

describe('numbers', () => {
  test('have no gaps and go to one order each, however many ask at once and whatever fails', async () => {
    const orders = await Promise.all(Array.from({ length: 6 }, () => orderWith(shop)));
    const failing = orders.map(({ orderId }) =>
      shop.deps.db
        .transaction(async (tx) => {
          await lockOrder(tx, orderId);
          await issueInvoice(shop.deps, tx, orderId);
          throw new Error('and then it fails');
        })
        .catch(() => {}),
    );
    const asking = orders.flatMap(({ orderId, owner }) => [
      invoiceOf(orderId, owner),
      invoiceOf(orderId, owner),
    ]);
    await Promise.all([...failing, ...asking]);
    const rows = await shop.deps.db.select().from(documents).where(eq(documents.series, 'invoice'));
    const numbers = rows.map(({ number }) => number).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1));
    for (const { orderId } of orders) expect(rows.filter((row) => row.orderId === orderId)).toHaveLength(1);
    const [counter] = await shop.deps.db
      .select()
      .from(documentCounters)
      .where(eq(documentCounters.series, 'invoice'));
    expect(counter?.lastNumber).toBe(numbers.length);
  });

  test('an order that is not paid gets none', async () => {
    const { orderId, owner } = await orderWith(shop, 'pm_card_authenticationRequired');
    await shop.deps.db.transaction(async (tx) => {
      await lockOrder(tx, orderId);
      await issueInvoice(shop.deps, tx, orderId);
      await issueCreditNotes(shop.deps, tx, orderId);
    });
    expect((await invoiceOf(orderId, owner)).status).toBe(404);
    expect(await shop.deps.db.$count(documents, eq(documents.orderId, orderId as OrderId))).toBe(0);
  });
});

test('a credit note of a return names what came back', async () => {
  const { orderId, cart, lines } = await buyTwoLines(shop);
  const [{ itemId }] = lines;
  const packed = await pack(shop, orderId, admin.token, { items: [{ itemId, quantity: 3 }] });
  await step(shop, { orderId, shipmentId: packed.body.id }, admin.token, 'ship');
  const owned = { orderId, owner: cart.owner };
  const returnId = await sendBack(shop, owned, admin.token, { itemId, restock: 2 });
  const { body } = await asStaff(shop, { orderId, returnId }, admin.token, 'refund');
  const text = linesOfPdf((await noteOf(orderId, body.refund.id, cart.owner)).bytes);
  expect(text.find((line) => line.startsWith('First'))).toBe('First 2');
  expect(amountAfter(text, 'Credited')).toBe(2_000);
});

test('a packing slip has units and no prices, for whoever sells all that is in the parcel', async () => {
  const { orderId, lines } = await buyTwoLines(shop);
  const [one, other] = lines;
  const items = [{ itemId: one.itemId, quantity: 2 }];
  const packed = await pack(shop, orderId, one.product.sellerToken, { items, carrier: 'DHL' });
  const path = `/api/v1/sales/${orderId}/shipments/${packed.body.id}/packing-slip.pdf`;
  const slip = await fetchFile(shop, path, { token: one.product.sellerToken });
  expect(slip.status).toBe(200);
  const text = linesOfPdf(slip.bytes);
  expect(text.find((line) => line.startsWith('First'))).toBe('First 2');
  expect(text.join('\n')).toContain('1 Test Street');
  expect(text.join('\n')).not.toMatch(/\$|\d\.\d\d/);
  expect((await fetchFile(shop, path, { token: other.product.sellerToken })).status).toBe(404);
  await step(shop, { orderId, shipmentId: packed.body.id }, admin.token, 'unpack');
  expect((await fetchFile(shop, path, admin)).status).toBe(404);
});

test('a packing slip is gone once its parcel is, and the address with it', async () => {
  const { orderId, lines } = await buyTwoLines(shop);
  const [{ itemId, product }] = lines;
  const { body: parcel } = await pack(shop, orderId, admin.token, { items: [{ itemId, quantity: 1 }] });
  const path = `/api/v1/sales/${orderId}/shipments/${parcel.id}/packing-slip.pdf`;
  const readers = [admin, { token: product.sellerToken }];
  const statuses = () =>
    Promise.all(readers.map(async (reader) => (await fetchFile(shop, path, reader)).status));
  expect(await statuses()).toEqual([200, 200]);
  for (const name of ['ship', 'deliver'] as const) {
    await step(shop, { orderId, shipmentId: parcel.id }, admin.token, name);
    expect(await statuses()).toEqual([404, 404]);
  }
});

/** Last: from then on nothing is bought without saying how it is shipped. */
describe('with discounts, tax and shipping', () => {
  let merchant: Merchant;
  let furnished: Furnished;
  beforeAll(async () => {
    merchant = await openMerchant(shop);
    furnished = await furnishPricing(merchant);
  });

  test('an invoice has every sum as the order keeps it: lines, discount, tax, shipping, total', async () => {
    const products = [
      await createProduct(shop, { price: 123_450, name: 'Ωmega Стол' }),
      await createProduct(shop, { price: 1_999, name: 'Žluťoučký kůň' }),
    ];
    const wanted = products.map(({ variantId }, index) => ({ variantId, quantity: index + 2 }));
    const { code } = await makeCode(merchant);
    const cart = await shippedCart(shop, furnished, wanted);
    await enterCode(shop, cart, code);
    const { body: order } = await buyQuoted(shop, cart);
    const { status, headers, bytes } = await invoiceOf(order.id, cart.owner);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/pdf']);
    expect(headers.get('cache-control')).toContain('no-store');
    const lines = linesOfPdf(bytes);
    expect(lines.slice(0, 4).join(' ')).toContain('Żółw & Söhne');
    expect(lines.join('\n')).toContain('Tax id: PL123');
    for (const item of order.items) {
      const charged = item.lineTotal.amount - item.discount.amount + item.tax.amount;
      expect(amountAfter(lines, item.name)).toBe(charged);
      expect(lines.find((line) => line.startsWith(item.name))).toContain(' 8.875 % ');
    }
    const { shippingMethod } = order;
    expect(amountAfter(lines, 'Shipping: Parcel')).toBe(
      shippingMethod.price.amount + shippingMethod.tax.amount,
    );
    expect(amountAfter(lines, 'Subtotal')).toBe(order.subtotal.amount);
    expect(-amountAfter(lines, 'Discount')).toBe(order.discount.amount);
    expect(amountAfter(lines, 'Tax $')).toBe(order.tax.amount);
    expect(amountAfter(lines, 'Total $')).toBe(order.total.amount);
    const inAll = [...order.items.map(({ name }: { name: string }) => name), 'Shipping: Parcel'];
    const sum = inAll.reduce((total, label) => total + amountAfter(lines, label), 0);
    expect(sum).toBe(order.total.amount);
  });

  test('credit notes come to what went back, and their taxes to the tax of the order', async () => {
    const { variantId } = await createProduct(shop, { price: 3_333 });
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    const { body: order } = await buyQuoted(shop, cart);
    const parts = [1_111, 7, order.total.amount - 1_118];
    let [credited, tax] = [0, 0];
    for (const amount of parts) {
      const { body } = await refund(shop, { orderId: order.id }, admin.token, {
        body: { amount, reason: 'Scratched' },
      });
      const { id } = body.refunds.at(-1);
      const note = await noteOf(order.id, id, cart.owner);
      expect(note.status).toBe(200);
      const lines = linesOfPdf(note.bytes);
      expect(lines.join('\n')).toContain('INV-');
      credited += amountAfter(lines, 'Credited');
      tax += amountAfter(lines, 'Tax in it');
    }
    expect([credited, tax]).toEqual([order.total.amount, order.tax.amount]);
  });

  test('a credit note of what is taken off has the tax of that, and of what came back, too', async () => {
    const lamp = await createProduct(shop, { price: 1_000, name: 'Lamp' });
    const variants = [{ price: 1_000, stock: 5, taxable: false }];
    const body = { name: 'Book', category: CATEGORY, variants };
    const { body: book } = await shop.call('/api/v1/products', {
      ...{ method: 'POST', token: lamp.sellerToken, body },
    });
    const wanted = [book.variants[0].id, lamp.variantId].map((variantId) => ({ variantId, quantity: 2 }));
    const cart = await shippedCart(shop, furnished, wanted);
    const { body: order } = await buyQuoted(shop, cart);
    const [ofBook, ofLamp] = order.items;
    expect([ofBook.tax.amount, ofLamp.tax.amount]).toEqual([0, 178]);
    const owned = { orderId: order.id as OrderId, owner: cart.owner };
    const edited = await edit(shop, owned, { items: [{ itemId: ofLamp.id, quantity: 1 }] });
    await send(shop, order.id, admin.token, { itemId: ofBook.id, quantity: 2 });
    const returnId = await sendBack(shop, owned, admin.token, { itemId: ofBook.id, restock: 1 });
    const returned = await asStaff(shop, { orderId: order.id, returnId }, admin.token, 'refund');
    const taxes = [];
    for (const { id } of [edited.body.edits[0].refund, returned.body.refund]) {
      const note = await noteOf(order.id, id, cart.owner);
      taxes.push(amountAfter(linesOfPdf(note.bytes), 'Tax in it'));
    }
    expect(taxes).toEqual([89, 0]);
  });
});
