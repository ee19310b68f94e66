/** What stands in a picture: each shape is drawn on a canvas of 400 by 400 and stands on the line y = 320. */

import { APPAREL_SHAPES } from './shapes/apparel.ts';
import { GADGET_SHAPES } from './shapes/gadgets.ts';
import { HOUSE_SHAPES } from './shapes/house.ts';
import { OPEN_AIR_SHAPES } from './shapes/open-air.ts';

export const SHAPES = { ...HOUSE_SHAPES, ...OPEN_AIR_SHAPES, ...APPAREL_SHAPES, ...GADGET_SHAPES };

export type ShapeName = keyof typeof SHAPES;
