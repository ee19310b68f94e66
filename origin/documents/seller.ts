/** Who sells, as invoices name them: a matter of configuration. */

export interface Seller {
  readonly name: string;
  /** Line by line. */
  readonly address: readonly string[];
  /** Empty where there is none to be named. */
  readonly taxId: string;
}

interface SellerConfig {
  readonly SELLER_NAME?: string;
  readonly SELLER_ADDRESS?: string;
  readonly SELLER_TAX_ID?: string;
}

export function sellerOf({ SELLER_NAME, SELLER_ADDRESS = '', SELLER_TAX_ID = '' }: SellerConfig): Seller {
  const address = SELLER_ADDRESS.split('|').map((line) => line.trim());
  return {
    name: SELLER_NAME ?? 'Hotshelf',
    address: address.filter((line) => line !== ''),
    taxId: SELLER_TAX_ID,
  };
}
