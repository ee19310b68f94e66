/** Shapes that are plugged in or played with. */

import { area, line, oval, type Palette, rect, row, turned } from './pencil.ts';

const NIGHT = '#2b2f36';

export const GADGET_SHAPES = {
  headphones: ({ main, dark, light }: Palette) =>
    line('M98 232q0-144 102-144t102 144', dark, 22) +
    line('M110 190q16-84 90-84', light, 6) +
    rect([74, 208, 62, 112, 26], main) +
    rect([264, 208, 62, 112, 26], main) +
    rect([122, 218, 24, 92, 12], NIGHT) +
    rect([254, 218, 24, 92, 12], NIGHT) +
    rect([86, 224, 10, 72, 5], light),
  speaker: ({ main, dark, light, accent }: Palette) =>
    rect([118, 76, 164, 244, 26], main) +
    rect([130, 88, 140, 220, 18], dark) +
    oval([200, 148, 36], light) +
    oval([200, 148, 18], NIGHT) +
    oval([200, 242, 56], light) +
    oval([200, 242, 40], NIGHT) +
    oval([200, 242, 16], accent) +
    oval([258, 100, 4], '#7ce38b'),
  keyboard: ({ main, dark, light, accent }: Palette) =>
    turned(
      -8,
      rect([52, 156, 296, 132, 18], dark) +
        rect([52, 148, 296, 130, 18], main) +
        row(3, (y) =>
          row(9, (x) => rect([70 + x * 29, 164 + y * 28, 24, 22, 5], (x * 5 + y) % 11 ? light : accent)),
        ) +
        rect([128, 248, 144, 20, 5], light),
    ),
  powerbank: ({ main, dark, light, accent }: Palette) =>
    line('M250 96q70-40 76 40t-30 96', dark, 9) +
    rect([124, 84, 140, 236, 26], main) +
    rect([138, 98, 18, 208, 9], light) +
    area('M206 142l-36 64h26l-10 54 42-70h-28z', accent) +
    row(4, (i) => oval([182 + i * 16, 296, 5], i < 3 ? '#7ce38b' : dark)),
  bulb: ({ main, dark, light }: Palette) =>
    oval([200, 176, 132], `${light}44`) +
    area('M200 76q92 6 88 96-2 44-44 76v26h-88v-26q-42-32-44-76-4-90 88-96z', main) +
    area('M160 106q-40 26-30 82 24-6 20-44 0-22 10-38z', light) +
    line('M180 256l-14-72 34 22 34-22-14 72', dark, 6) +
    rect([158, 272, 84, 18, 6], '#9aa3ab') +
    rect([164, 290, 72, 16, 6], '#7d868e') +
    rect([178, 306, 44, 14, 6], NIGHT),
  blocks: ({ main, dark, light, accent }: Palette) =>
    rect([76, 228, 92, 92, 8], main) +
    rect([176, 228, 92, 92, 8], accent) +
    area('M276 320v-92h20q44 0 44 46t-44 46z', light) +
    rect([126, 130, 92, 92, 8], light) +
    area('M228 222l46-88 46 88z', dark) +
    oval([172, 176, 24], main) +
    rect([98, 250, 48, 48, 4], dark) +
    area('M222 250l28 48h-56z', light),
  bear: ({ main, dark, light, accent }: Palette) =>
    oval([140, 96, 28], main) +
    oval([260, 96, 28], main) +
    oval([140, 96, 14], light) +
    oval([260, 96, 14], light) +
    oval([118, 238, 28, 40], dark) +
    oval([282, 238, 28, 40], dark) +
    oval([200, 250, 82, 70], main) +
    oval([200, 256, 48, 46], light) +
    oval([200, 140, 78, 68], main) +
    oval([200, 164, 36, 28], light) +
    oval([170, 130, 8], NIGHT) +
    oval([230, 130, 8], NIGHT) +
    oval([200, 152, 11, 8], NIGHT) +
    area('M164 206l36 12 36-12v34l-36-14-36 14z', accent),
  dice: ({ main, dark, light, accent }: Palette) =>
    turned(
      -10,
      rect([78, 168, 136, 136, 24], main) + row(3, (i) => oval([108 + i * 38, 198 + i * 38, 13], light)),
    ) +
    turned(
      12,
      rect([206, 130, 116, 116, 20], dark) +
        row(4, (i) => oval([236 + (i % 2) * 56, 160 + Math.floor(i / 2) * 56, 11], accent)),
    ) +
    oval([304, 296, 22, 24], accent) +
    oval([304, 268, 14], light),
};
