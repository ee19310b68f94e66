/** Words for what is worn, plugged in and played with. */

import { type Department, list } from '#db/seed/words.ts';

export const APPAREL: Department = {
  name: 'Apparel',
  vendors: list('Plainsong, Loom & Ladder, Harrow Knitwear, Eastbound, Cotton Weather'),
  uses: list(
    'layering from October to April, days that start cold and end warm, travelling with one bag, the office and what comes after, dog walks, wardrobes that get worn out and mended',
  ),
  leaves: [
    {
      name: 'T-Shirts',
      shape: 'shirt',
      price: [15, 48],
      options: 'clothing',
      kinds: list('Organic Cotton, Heavyweight, Linen-Blend, Striped, Garment-Dyed, Slub'),
      things: list('Tee, Pocket Tee, Long-Sleeve Tee, Crew Tee, Boxy Tee'),
    },
    {
      name: 'Hoodies & Sweats',
      shape: 'hoodie',
      price: [38, 119],
      options: 'clothing',
      kinds: list('Loopback, Brushed Fleece, Half-Zip, Heavyweight, Recycled, Washed'),
      things: list('Hoodie, Sweatshirt, Zip Hoodie, Pullover, Crewneck'),
    },
    {
      name: 'Hats',
      shape: 'hat',
      price: [14, 59],
      options: 'colour',
      kinds: list('Merino, Ribbed, Corduroy, Waxed, Cotton Twill, Lambswool'),
      things: list('Beanie, Watch Cap, Bobble Hat, Fisherman Hat'),
    },
    {
      name: 'Shoes',
      shape: 'shoe',
      price: [49, 199],
      options: 'shoe',
      kinds: list('Canvas, Suede, Leather, Recycled, Court, Gum-Sole'),
      things: list('Sneaker, Low-Top, Plimsoll, Slip-On, Walking Shoe'),
    },
    {
      name: 'Socks',
      shape: 'sock',
      price: [6, 29],
      options: 'clothing',
      kinds: list('Merino, Ribbed Cotton, Cushioned, Striped, Bed, Hiking'),
      things: list('Socks, Crew Socks, Ankle Socks, Boot Socks'),
    },
  ],
};

export const ELECTRONICS: Department = {
  name: 'Electronics',
  vendors: list('Quiet Signal, Tessel, Ohmly, Brightside Audio, Patchbay'),
  uses: list(
    'open offices, long-haul flights, a tidy desk, kitchens with flour on every surface, working from two places, people who hate charging things',
  ),
  leaves: [
    {
      name: 'Headphones',
      shape: 'headphones',
      price: [29, 349],
      options: 'colour',
      kinds: list('Wireless, Noise-Cancelling, Studio, Open-Back, Foldable, Kids'),
      things: list('Headphones, On-Ear Headphones, Over-Ear Headphones, Headset'),
    },
    {
      name: 'Speakers',
      shape: 'speaker',
      price: [25, 399],
      options: 'colour',
      kinds: list('Portable, Bookshelf, Shower-Proof, Retro, Multi-Room, Pocket'),
      things: list('Speaker, Bluetooth Speaker, Party Speaker, Desktop Speaker'),
    },
    {
      name: 'Keyboards',
      shape: 'keyboard',
      price: [35, 219],
      options: 'colour',
      kinds: list('Mechanical, Low-Profile, Compact, Split, Wireless, Silent'),
      things: list('Keyboard, Number Pad, Travel Keyboard, 75% Keyboard'),
    },
    {
      name: 'Chargers & Power',
      shape: 'powerbank',
      price: [12, 129],
      options: 'capacity',
      kinds: list('Slim, Magnetic, Fast-Charge, Solar, Braided, Dual-Port'),
      things: list('Power Bank, Travel Charger, Desk Charger, Battery Pack'),
    },
    {
      name: 'Smart Lighting',
      shape: 'bulb',
      price: [9, 89],
      options: 'pack',
      kinds: list('Dimmable, Colour, Filament, Motion, Warm-White, Outdoor'),
      things: list('Smart Bulb, Spot Bulb, Candle Bulb, Globe Bulb'),
    },
  ],
};

export const TOYS: Department = {
  name: 'Toys & Games',
  vendors: list('Button & Bear, Rainy Day Works, Little Cartwright, Puddle Lane, Seven Dice'),
  uses: list(
    'rainy afternoons, small hands, three generations at one table, birthdays at short notice, the back seat, children who take everything apart',
  ),
  leaves: [
    {
      name: 'Building Blocks',
      shape: 'blocks',
      price: [12, 99],
      options: 'pack',
      kinds: list('Wooden, Magnetic, Rainbow, Castle, Harbour, Beechwood'),
      things: list('Block Set, Building Tiles, Stacking Tower, Brick Box'),
    },
    {
      name: 'Soft Toys',
      shape: 'bear',
      price: [9, 55],
      options: 'colour',
      kinds: list('Sleepy, Woolly, Corduroy, Giant, Pocket, Hand-Knitted'),
      things: list('Bear, Bear Cub, Bear Rattle, Bear Backpack'),
    },
    {
      name: 'Board Games',
      shape: 'dice',
      price: [14, 79],
      options: 'none',
      kinds: list('Lantern, Harvest, Railway, Moonlit, Archipelago, Clockwork'),
      things: list('Board Game, Dice Game, Card Game, Strategy Game, Party Game'),
    },
    {
      name: 'Outdoor Play',
      shape: 'kite',
      price: [8, 64],
      options: 'colour',
      kinds: list('Rainbow, Stunt, Diamond, Pocket, Seaside, First'),
      things: list('Kite, Kite Kit, Wind Spinner, Streamer Kite'),
    },
    {
      name: 'Kids’ Puzzles',
      shape: 'puzzle',
      price: [7, 32],
      options: 'pack',
      kinds: list('Farmyard, Dinosaur, Alphabet, Under-the-Sea, Space, Woodland'),
      things: list('Floor Puzzle, Peg Puzzle, Jigsaw, Memory Game'),
    },
  ],
};
