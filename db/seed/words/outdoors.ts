/** Words for what is used out of doors: camp, garden and sport. */

import { type Department, list } from '#db/seed/words.ts';

export const OUTDOOR: Department = {
  name: 'Outdoor',
  vendors: list('Cairn & Co, Saddleback, Ridgeline Works, Drift Camp, Lower Falls'),
  uses: list(
    'a first night under canvas, long ridge walks, wet shoulder seasons, the boot of the car, sunrise starts, trips where every gram is carried',
  ),
  leaves: [
    {
      name: 'Tents & Shelters',
      shape: 'tent',
      price: [79, 549],
      options: 'colour',
      kinds: list('Ultralight, Four-Season, Ridge, Geodesic, Canvas, Quick-Pitch'),
      things: list('Tent, Bivy, Tarp Shelter, Tunnel Tent, Sun Shelter'),
    },
    {
      name: 'Backpacks',
      shape: 'backpack',
      price: [39, 259],
      options: 'capacity-colour',
      kinds: list('Roll-Top, Alpine, Waxed Canvas, Frameless, Daybreak, Overland'),
      things: list('Backpack, Daypack, Rucksack, Travel Pack, Hip Pack'),
    },
    {
      name: 'Lanterns & Torches',
      shape: 'lantern',
      price: [14, 89],
      options: 'colour',
      kinds: list('Solar, Rechargeable, Storm, Collapsible, Hand-Crank, Vintage'),
      things: list('Lantern, Headlamp, Torch, Tent Light, Beacon'),
    },
    {
      name: 'Bottles & Flasks',
      shape: 'bottle',
      price: [11, 52],
      options: 'capacity-colour',
      kinds: list('Insulated, Titanium, Wide-Mouth, Powder-Coated, Collapsible, Steel'),
      things: list('Water Bottle, Flask, Growler, Hydration Bottle, Tea Flask'),
    },
    {
      name: 'Camp Kitchen',
      shape: 'pan',
      price: [12, 119],
      options: 'none',
      kinds: list('Nesting, Titanium, Folding, Hard-Anodised, Campfire, Two-Person'),
      things: list('Cook Set, Frying Pan, Stove Kit, Kettle, Mess Kit'),
    },
  ],
};

export const GARDEN: Department = {
  name: 'Garden',
  vendors: list('Thistle & Spade, Greenhouse Row, Potting Bench, Old Walled Garden, Sproutwell'),
  uses: list(
    'balconies and window sills, a bed of early tomatoes, gardeners with more hope than space, dry summers, the first warm weekend, plants that forgive',
  ),
  leaves: [
    {
      name: 'Pots & Planters',
      shape: 'planter',
      price: [7, 96],
      options: 'colour',
      kinds: list('Terracotta, Glazed, Fibre Clay, Zinc, Self-Watering, Woven'),
      things: list('Planter, Herb Pot, Hanging Pot, Trough, Window Box'),
    },
    {
      name: 'Watering',
      shape: 'watering-can',
      price: [12, 79],
      options: 'capacity-colour',
      kinds: list('Galvanised, Long-Reach, Copper, Slim, Indoor, Powder-Coated'),
      things: list('Watering Can, Plant Mister, Rose Can, Rain Jug'),
    },
    {
      name: 'Hand Tools',
      shape: 'spade',
      price: [9, 68],
      options: 'none',
      kinds: list('Ash-Handled, Stainless, Forged, Heritage, Narrow, Child-Size'),
      things: list('Trowel, Border Spade, Hand Fork, Weeder, Bulb Planter'),
    },
    {
      name: 'Seeds & Bulbs',
      shape: 'sprout',
      price: [2, 19],
      options: 'pack',
      kinds: list('Heirloom, Early, Wild, Climbing, Dwarf, Night-Scented'),
      things: list('Tomato Seeds, Sweet Pea Seeds, Poppy Mix, Bean Seeds, Tulip Bulbs'),
    },
    {
      name: 'Garden Seating',
      shape: 'chair',
      price: [39, 349],
      options: 'colour',
      kinds: list('Acacia, Folding, Deckhand, Bistro, Woven, Slatted'),
      things: list('Garden Chair, Deck Chair, Patio Stool, Lounger, Garden Rocker'),
    },
  ],
};

export const SPORT: Department = {
  name: 'Sport',
  vendors: list('Velum Athletics, Second Wind, Halfway Line, Kettle & Bar, Stillpoint'),
  uses: list(
    'a quick session before work, training at home, Saturday leagues, stretching after long runs, the park in any weather, beginners and returners',
  ),
  leaves: [
    {
      name: 'Yoga & Stretching',
      shape: 'mat',
      price: [14, 110],
      options: 'colour',
      kinds: list('Cork, Natural Rubber, Studio, Travel, Extra-Thick, Organic Cotton'),
      things: list('Yoga Mat, Exercise Mat, Pilates Mat, Meditation Mat'),
    },
    {
      name: 'Weights',
      shape: 'dumbbell',
      price: [15, 160],
      options: 'weight',
      kinds: list('Hex, Neoprene, Cast Iron, Adjustable, Urethane, Chrome'),
      things: list('Dumbbell, Dumbbell Pair, Hand Weight, Barbell Set'),
    },
    {
      name: 'Balls',
      shape: 'ball',
      price: [8, 75],
      options: 'colour',
      kinds: list('Match, Training, Street, Indoor, Junior, All-Weather'),
      things: list('Football, Basketball, Volleyball, Handball, Futsal Ball'),
    },
    {
      name: 'Running Shoes',
      shape: 'shoe',
      price: [59, 189],
      options: 'shoe',
      kinds: list('Trail, Cushioned, Tempo, Daily, Featherweight, Wide-Fit'),
      things: list('Runner, Racer, Trainer, Gripper'),
    },
    {
      name: 'Sports Bottles',
      shape: 'bottle',
      price: [7, 34],
      options: 'capacity-colour',
      kinds: list('Squeeze, Shaker, Flip-Top, Soft, Clear, Insulated'),
      things: list('Sports Bottle, Shaker, Gym Bottle, Cycling Bottle'),
    },
  ],
};
