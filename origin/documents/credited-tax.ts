/**
 * How much of what credit notes credit is tax: pure. For units that came back or were taken off it is the tax of their own
 * lines; only what goes back for no units shares what tax is left.
 */

/** An order that was invoiced; taxes are what was added and what the prices contain. In minor units. */
export interface Invoiced {
  readonly total: number;
  readonly tax: number;
  readonly lines: readonly { readonly id: string; readonly quantity: number; readonly tax: number }[];
}

/** Units of a line: what was charged for them, and what of it goes back. The rest pays for replacements. */
export interface CreditedUnits {
  readonly lineId: string;
  readonly units: number;
  readonly charged: number;
  readonly due: number;
}

export interface Credit {
  readonly amount: number;
  readonly issuedAt: Date;
  /** When the bank called the refund back. */
  readonly voidAt: Date | null;
  /** None where an amount went back, for no units. */
  readonly back: readonly CreditedUnits[];
}

/**
 * The tax in each credit note of an order, in the order of their numbers. Those that were good when one was issued count
 * before it, so that it says the same ever after. Together they credit no more tax than the order has, leave no more than
 * is left to credit, and so come to all of it when everything is credited.
 */
export function creditedTaxes(order: Invoiced, credits: readonly Credit[]): number[] {
  const taxes: number[] = [];
  for (const credit of credits) {
    const isBefore = (each: Credit | undefined) =>
      each !== undefined && (each.voidAt === null || each.voidAt > credit.issuedAt);
    const good = credits.slice(0, taxes.length).filter(isBefore);
    const taxLeft = Math.max(0, order.tax - sum(taxes.filter((_, index) => isBefore(credits[index]))));
    const { amount } = credit;
    // Clocks may differ on what was void by then: a note is printed all the same.
    const left = Math.max(amount, order.total - sum(good.map((each) => each.amount)));
    const own = credit.back.length === 0 ? part(taxLeft, amount, left) : taxOfUnits(order, credit, good);
    taxes.push(Math.max(taxLeft - (left - amount), Math.min(own, taxLeft, amount)));
  }
  return taxes;
}

/** As `chargeOfUnits` shares a charge: whatever the parts, those of a line come to its tax. */
function taxOfUnits({ lines }: Invoiced, { amount, back }: Credit, before: readonly Credit[]): number {
  const taxes = back.map(({ lineId, units, charged, due }) => {
    const line = lines.find(({ id }) => id === lineId);
    if (line === undefined) return 0;
    const gone = sum(
      before
        .flatMap((each) => each.back.filter((other) => other.lineId === lineId))
        .map((each) => each.units),
    );
    const upTo = (count: number) => part(line.tax, count, line.quantity);
    return part(upTo(gone + units) - upTo(gone), due, charged);
  });
  // Less than is due goes back where less of the order's money is left, or staff says so.
  return part(sum(taxes), amount, sum(back.map(({ due }) => due)));
}

/** Rounded down; of nothing, nothing. */
function part(amount: number, of: number, whole: number): number {
  return whole === 0 ? 0 : Number((BigInt(amount) * BigInt(of)) / BigInt(whole));
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
