/** Where the parts of the picture are and how the arrows run between them, on a wide page and on a narrow one. */

import type { FlowId, PartId } from '#origin/console/model.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Arrow {
  readonly path: string;
  /** Where its figure is written, and from where the text runs. */
  readonly label: { readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' | 'end' };
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Whether there is room to say what goes along the arrows. */
  readonly namesGoods: boolean;
  readonly shoppers: Box;
  readonly parts: Readonly<Record<PartId, Box>>;
  readonly arrows: Readonly<Record<FlowId, Arrow>>;
}

const at = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });
const middle = (x: number, y: number) => ({ x, y, anchor: 'middle' }) as const;
const start = (x: number, y: number) => ({ x, y, anchor: 'start' }) as const;
const end = (x: number, y: number) => ({ x, y, anchor: 'end' }) as const;

export const WIDE: Layout = {
  width: 1240,
  height: 404,
  namesGoods: true,
  shoppers: at(2, 120, 150, 52),
  parts: {
    edge: at(270, 106, 216, 80),
    origin: at(600, 106, 216, 80),
    replicas: at(1010, 2, 228, 80),
    primary: at(1010, 108, 228, 80),
    redis: at(1010, 214, 228, 80),
    stripe: at(1010, 320, 228, 80),
    nats: at(600, 320, 216, 80),
    workers: at(270, 320, 216, 80),
    smtp: at(2, 320, 150, 80),
  },
  arrows: {
    'shopper-edge': { path: 'M152 146 H270', label: middle(208, 134) },
    'edge-origin': { path: 'M486 146 H600', label: middle(540, 134) },
    'origin-replicas': { path: 'M816 118 C 862 118 838 42 880 42 H1010', label: end(996, 32) },
    'origin-primary': { path: 'M816 137 C 850 137 846 148 880 148 H1010', label: end(996, 138) },
    'origin-redis': { path: 'M816 157 C 876 157 852 254 886 254 H1010', label: end(996, 244) },
    'origin-stripe': { path: 'M816 176 C 848 176 838 360 872 360 H1010', label: end(996, 350) },
    'origin-nats': { path: 'M708 186 V320', label: start(720, 258) },
    'nats-workers': { path: 'M600 360 H486', label: middle(546, 348) },
    'workers-edge': { path: 'M378 320 V186', label: start(390, 258) },
    'workers-smtp': { path: 'M270 360 H152', label: middle(214, 348) },
  },
};

export const NARROW: Layout = {
  width: 360,
  height: 1010,
  namesGoods: false,
  shoppers: at(20, 2, 310, 40),
  parts: {
    edge: at(20, 90, 310, 76),
    origin: at(20, 214, 310, 76),
    replicas: at(130, 320, 200, 76),
    primary: at(130, 408, 200, 76),
    redis: at(130, 496, 200, 76),
    stripe: at(130, 584, 200, 76),
    nats: at(46, 688, 284, 76),
    workers: at(46, 812, 284, 76),
    smtp: at(46, 934, 284, 74),
  },
  arrows: {
    'shopper-edge': { path: 'M175 42 V90', label: start(186, 71) },
    'edge-origin': { path: 'M175 166 V214', label: start(186, 195) },
    'origin-replicas': { path: 'M100 290 V358 H130', label: end(126, 376) },
    'origin-primary': { path: 'M78 290 V446 H130', label: end(126, 464) },
    'origin-redis': { path: 'M56 290 V534 H130', label: end(126, 552) },
    'origin-stripe': { path: 'M34 290 V622 H130', label: end(126, 640) },
    'origin-nats': { path: 'M20 270 H10 V726 H46', label: start(52, 680) },
    'nats-workers': { path: 'M188 764 V812', label: start(199, 793) },
    'workers-edge': { path: 'M330 850 H348 V128 H330', label: end(340, 804) },
    'workers-smtp': { path: 'M188 888 V934', label: start(199, 916) },
  },
};
