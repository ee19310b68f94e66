/** The shelves of a generated catalogue: those of the demo shop, and what people search for in real query lists. */

import { BOOKS, HOME, KITCHEN } from '#db/seed/words/indoors.ts';
import { GARDEN, OUTDOOR, SPORT } from '#db/seed/words/outdoors.ts';
import { APPAREL, ELECTRONICS, TOYS } from '#db/seed/words/wear.ts';
import { type Department, type Leaf, list } from '#db/seed/words.ts';

const APPLIANCES: Department = {
  name: 'Appliances & Computers',
  vendors: list('Insignia, Northwatt, Samsun & Daughter, Copperline, Macintyre, Amazonia'),
  uses: list('small kitchens, people who work at home, long evenings, a first flat of one’s own'),
  leaves: [
    {
      name: 'Large Appliances',
      shape: 'pan',
      price: [199, 1999],
      options: 'colour',
      kinds: list('Electric, Induction, Gas, Stainless, Compact, Smart, Portable'),
      things: list('Cooktop, Range, Refrigerator, Washer, Dryer, Dishwasher, Microwave, Freezer, Vacuum'),
    },
    {
      name: 'Computers',
      shape: 'lamp',
      price: [149, 2999],
      options: 'colour',
      kinds: list('Gaming, Student, Refurbished, Touchscreen, 13-Inch, 15-Inch, Wireless, USB'),
      things: list(
        'Laptop, Chromebook, Desktop, Monitor, Tablet, Keyboard, Mouse, Printer, Hard Drive, Router',
      ),
    },
    {
      name: 'Sound & Vision',
      shape: 'lamp',
      price: [19, 1499],
      options: 'colour',
      kinds: list('4K, Bluetooth, Noise-Cancelling, Waterproof, Digital, Unlocked, Rechargeable'),
      things: list(
        'Television, Speaker, Headphones, Camera, Cell Phone, Phone Case, Remote, Battery, Charger, Soundbar',
      ),
    },
  ],
};

export const DEPARTMENTS: readonly Department[] = [
  KITCHEN,
  HOME,
  OUTDOOR,
  GARDEN,
  SPORT,
  APPAREL,
  ELECTRONICS,
  TOYS,
  BOOKS,
  APPLIANCES,
];

export interface Shelf {
  readonly department: Department;
  readonly leaf: Leaf;
  readonly categorySlug: string;
}

export const SHELVES: readonly Shelf[] = DEPARTMENTS.flatMap((department) =>
  department.leaves.map((leaf) => ({
    department,
    leaf,
    categorySlug: slugOf(`${department.name} ${leaf.name}`),
  })),
);

export function slugOf(text: string): string {
  const plain = text.normalize('NFKD').replace(/[\u0300-\u036f’]/g, '');
  return plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
