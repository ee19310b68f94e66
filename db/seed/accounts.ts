/** The demo accounts. Their passwords are public: they are for trying the shop out and never for a real one. */

import type { UserId } from '#lib/ids.ts';

export interface DemoAccount {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly role: 'shopper' | 'seller' | 'admin';
  readonly password: string;
}

/** The demo products belong to this account. */
export const DEMO_SELLER: DemoAccount = {
  id: '01941f29-7c00-7000-8000-000000000002' as UserId,
  email: 'seller@hotshelf.example',
  name: 'Sol Seller',
  role: 'seller',
  password: 'sell-the-demo-42',
};

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  {
    id: '01941f29-7c00-7000-8000-000000000001' as UserId,
    email: 'shopper@hotshelf.example',
    name: 'Sam Shopper',
    role: 'shopper',
    password: 'shop-the-demo-42',
  },
  DEMO_SELLER,
  {
    id: '01941f29-7c00-7000-8000-000000000003' as UserId,
    email: 'admin@hotshelf.example',
    name: 'Ada Admin',
    role: 'admin',
    password: 'run-the-demo-42x',
  },
];
