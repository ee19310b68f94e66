/** Words for what is used indoors: kitchen, home, and books and paper. */

import { type Department, list } from '#db/seed/words.ts';

export const KITCHEN: Department = {
  name: 'Kitchen',
  vendors: list('Fernhill Pottery, Copper & Oak, Northpan, Maison Lirette, Tidewater Goods'),
  uses: list(
    'slow weekend breakfasts, a weeknight supper for six, the first coffee of the day, a small flat with little cupboard space, cooks who would rather buy once, the long table on Sundays',
  ),
  leaves: [
    {
      name: 'Mugs & Cups',
      shape: 'mug',
      price: [8, 34],
      options: 'capacity-colour',
      kinds: list('Enamel, Stoneware, Porcelain, Double-Wall Glass, Speckled, Hand-Thrown, Bamboo'),
      things: list('Camping Mug, Espresso Cup, Latte Mug, Tea Cup, Soup Mug, Travel Cup'),
    },
    {
      name: 'Cookware',
      shape: 'pan',
      price: [24, 189],
      options: 'capacity',
      kinds: list('Cast Iron, Carbon Steel, Copper-Core, Ceramic-Coated, Stainless, Enamelled'),
      things: list('Skillet, Saucepan, Stock Pot, Dutch Oven, Griddle, Wok'),
    },
    {
      name: 'Knives & Boards',
      shape: 'knife',
      price: [14, 145],
      options: 'length',
      kinds: list('Damascus, Walnut-Handled, High-Carbon, Forged, Olive Wood, Folded Steel'),
      things: list('Chef Knife, Paring Knife, Bread Knife, Santoku, Carving Set, Cleaver'),
    },
    {
      name: 'Bowls & Plates',
      shape: 'bowl',
      price: [9, 64],
      options: 'colour',
      kinds: list('Reactive Glaze, Matte Stoneware, Acacia, Porcelain, Terracotta, Recycled Glass'),
      things: list('Pasta Bowl, Serving Bowl, Cereal Bowl, Ramen Bowl, Salad Bowl, Mixing Bowl'),
    },
    {
      name: 'Storage Jars',
      shape: 'jar',
      price: [6, 48],
      options: 'capacity',
      kinds: list('Clip-Top, Amber Glass, Cork-Lidded, Ribbed Glass, Stackable, Airtight'),
      things: list('Pantry Jar, Spice Jar, Cookie Jar, Coffee Canister, Pickling Jar'),
    },
  ],
};

export const HOME: Department = {
  name: 'Home',
  vendors: list('Lowlight Studio, Harbour & Hearth, Wren Textiles, Odd Corner, Birkett Home'),
  uses: list(
    'reading corners, a bedroom that wakes up slowly, hallways that need a welcome, evenings in, a rented room that should feel like yours, the spot by the window',
  ),
  leaves: [
    {
      name: 'Lighting',
      shape: 'lamp',
      price: [19, 210],
      options: 'colour',
      kinds: list('Brass, Paper, Linen, Smoked Glass, Rattan, Mushroom, Ceramic'),
      things: list('Table Lamp, Bedside Lamp, Desk Lamp, Reading Light, Accent Lamp'),
    },
    {
      name: 'Cushions & Throws',
      shape: 'cushion',
      price: [16, 98],
      options: 'colour',
      kinds: list('Bouclé, Washed Linen, Velvet, Waffle, Lambswool, Chunky Knit, Corduroy'),
      things: list('Cushion, Bolster, Floor Cushion, Seat Pad, Pillow Cover'),
    },
    {
      name: 'Bedding',
      shape: 'blanket',
      price: [29, 189],
      options: 'bed',
      kinds: list('Stonewashed Linen, Percale, Sateen, Brushed Cotton, Bamboo, Merino'),
      things: list('Duvet Set, Fitted Sheet, Bedspread, Blanket, Quilt'),
    },
    {
      name: 'Candles & Scents',
      shape: 'candle',
      price: [9, 58],
      options: 'scent',
      kinds: list('Soy Wax, Beeswax, Hand-Poured, Coconut Wax, Three-Wick, Botanical'),
      things: list('Candle, Pillar Candle, Travel Candle, Glass Candle, Melt Set'),
    },
    {
      name: 'Chairs & Stools',
      shape: 'chair',
      price: [49, 420],
      options: 'colour',
      kinds: list('Oak, Bentwood, Upholstered, Rattan, Walnut, Powder-Coated'),
      things: list('Dining Chair, Bar Stool, Lounge Chair, Desk Chair, Step Stool'),
    },
  ],
};

export const BOOKS: Department = {
  name: 'Books & Paper',
  vendors: list('Marginalia Press, Foolscap & Sons, Second Chapter, Inkwell Union, Paperboat'),
  uses: list(
    'long train rides, the bedside table, morning pages, a present that fits through a letterbox, quiet afternoons, people who still write by hand',
  ),
  leaves: [
    {
      name: 'Novels',
      shape: 'book',
      price: [7, 29],
      options: 'format',
      kinds: list('The Salt, The Winter, A Borrowed, The Last, The Glass, An Unlikely, The Quiet'),
      things: list('Orchard, Cartographer, Lighthouse, Inheritance, Ferryman, Almanac'),
    },
    {
      name: 'Cookbooks',
      shape: 'book',
      price: [16, 49],
      options: 'format',
      kinds: list('One-Pan, Fireside, Seasonal, Weeknight, Coastal, Grandmother’s'),
      things: list('Suppers, Breads, Vegetables, Preserves, Soups'),
    },
    {
      name: 'Notebooks',
      shape: 'notebook',
      price: [5, 38],
      options: 'paper',
      kinds: list('Linen-Bound, Pocket, Hardcover, Recycled, Leather, Spiral, Swiss-Bound'),
      things: list('Notebook, Journal, Sketchbook, Planner, Field Book'),
    },
    {
      name: 'Pens & Ink',
      shape: 'pen',
      price: [3, 120],
      options: 'colour',
      kinds: list('Brass, Resin, Everyday, Cedar, Aluminium, Marbled'),
      things: list('Fountain Pen, Rollerball, Gel Pen, Brush Pen, Mechanical Pencil'),
    },
    {
      name: 'Puzzles',
      shape: 'puzzle',
      price: [11, 54],
      options: 'pack',
      kinds: list('Botanical, City Map, Night Sky, Lakeside, Vintage Poster, Tide Pool'),
      things: list('Jigsaw, Wooden Puzzle, Panorama Puzzle, Mini Puzzle, Round Puzzle'),
    },
  ],
};
