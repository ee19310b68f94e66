/** Shapes from the camp, the garden and the playing field. */

import { area, line, oval, type Palette, rect, row, turned } from './pencil.ts';

const STEEL = '#c3ccd3';
const WOOD = '#a9744a';
const LEAF = '#4f8a4c';
const LEAF_LIGHT = '#7cb36b';

export const OPEN_AIR_SHAPES = {
  tent: ({ main, dark, light, accent }: Palette) =>
    line('M200 100L52 320m148-220l148 220', '#6b5646', 5) +
    area('M200 104l136 216H64z', main) +
    area('M200 104L64 320h86z', light) +
    area('M200 150l54 170H146z', dark) +
    area('M200 150l-6 170h-48z', accent) +
    line('M200 104V78', '#6b5646', 6) +
    area('M200 78l36 11-36 11z', accent),
  backpack: ({ main, dark, light, accent }: Palette) =>
    line('M168 96q0-34 32-34t32 34', dark, 12) +
    rect([84, 196, 48, 96, 20], dark) +
    rect([268, 196, 48, 96, 20], dark) +
    area('M112 170q0-88 88-88t88 88v118q0 32-32 32H144q-32 0-32-32z', main) +
    area('M112 170q0-88 88-88t88 88l-8 30H120z', light) +
    rect([140, 222, 120, 78, 16], dark) +
    line('M154 244h92', accent, 7) +
    rect([152, 160, 14, 62, 4], accent) +
    rect([234, 160, 14, 62, 4], accent),
  lantern: ({ main, dark, light }: Palette) =>
    oval([200, 222, 124, 100], '#ffe9a855') +
    line('M150 132q0-66 50-66t50 66', dark, 9) +
    area('M150 128h100l16 34H134z', main) +
    rect([142, 162, 116, 106, 10], '#fff3c4') +
    oval([200, 216, 26, 36], '#f7b32b') +
    line('M168 164v100m64-100v100', dark, 7) +
    area('M134 266h132l16 54H118z', main) +
    rect([134, 274, 24, 38, 6], light),
  bottle: ({ main, dark, light }: Palette) =>
    rect([168, 70, 64, 46, 10], dark) +
    line('M176 70q24-28 48 0', dark, 9) +
    area('M164 112h72q34 22 34 62v116q0 30-30 30h-80q-30 0-30-30V174q0-40 34-62z', main) +
    rect([146, 170, 18, 122, 9], light) +
    rect([130, 236, 140, 12], dark),
  planter: ({ main, dark, light }: Palette) =>
    line('M200 226q-8-70-58-104m58 104q4-92 16-124m-16 124q14-54 62-82', LEAF, 8) +
    area('M144 126q-52-8-60-54 54 2 60 54z', LEAF_LIGHT) +
    area('M216 106q-26-34 4-62 28 30-4 62z', LEAF) +
    area('M258 146q8-46 58-46-6 48-58 46z', LEAF_LIGHT) +
    area('M186 180q-48 10-66-22 44-20 66 22z', LEAF) +
    area('M122 236h156l-18 84H140z', main) +
    area('M122 236h34l4 84h-20z', light) +
    rect([110, 214, 180, 34, 8], dark),
  'watering-can': ({ main, dark, light }: Palette) =>
    line('M246 262l92-116', main, 22) +
    turned(-4, area('M316 118l52 40-14 18-54-38z', dark)) +
    line('M150 172q-92-20-76 62 8 34 56 50', dark, 15) +
    area('M132 170h124l12 128q0 22-24 22H144q-24 0-24-22z', main) +
    oval([194, 170, 62, 16], dark) +
    area('M146 192h22l-4 118h-20q-12-2-10-20z', light),
  spade: ({ main, dark, light }: Palette) =>
    turned(
      24,
      rect([190, 60, 20, 150, 8], WOOD) +
        rect([160, 46, 80, 24, 12], main) +
        rect([184, 188, 32, 34, 6], dark) +
        area('M150 214h100l-6 74q-8 40-44 56-36-16-44-56z', STEEL) +
        area('M150 214h50v130q-36-16-44-56z', '#e3e9ed') +
        line('M200 232v80', light, 4),
    ),
  sprout: ({ main, dark, light, accent }: Palette) =>
    rect([122, 92, 156, 228, 8], main) +
    rect([122, 92, 156, 30], dark) +
    row(12, (i) => rect([126 + i * 13, 84, 7, 12], dark)) +
    oval([200, 214, 60], light) +
    line('M200 262q-4-40 0-64', LEAF, 8) +
    area('M200 206q-46 0-50-42 46-2 50 42z', LEAF) +
    area('M200 196q40-2 44-38-42-2-44 38z', LEAF_LIGHT) +
    line('M160 296h80', accent, 7),
  mat: ({ main, dark, light, accent }: Palette) =>
    area('M128 250h196q24 0 24 35t-24 35H120z', light) +
    oval([122, 256, 64], main) +
    oval([122, 256, 48], dark) +
    oval([122, 256, 32], main) +
    oval([122, 256, 14], dark) +
    rect([228, 250, 20, 70], accent) +
    rect([122, 308, 214, 12, 6], main),
  dumbbell: ({ main, dark, light }: Palette) =>
    turned(
      -14,
      rect([110, 190, 180, 26, 8], STEEL) +
        rect([82, 132, 40, 142, 14], main) +
        rect([122, 150, 30, 106, 10], dark) +
        rect([278, 132, 40, 142, 14], main) +
        rect([248, 150, 30, 106, 10], dark) +
        rect([90, 144, 10, 116, 5], light) +
        rect([286, 144, 10, 116, 5], light),
    ),
  ball: ({ main, dark, light }: Palette) =>
    oval([200, 208, 112], main) +
    oval([166, 172, 60], `${light}88`) +
    line('M200 96q-60 112 0 224m0-224q60 112 0 224M88 208q112-54 224 0', dark, 8),
  kite: ({ main, dark, light, accent }: Palette) =>
    line('M176 262q-30 30 6 40t-8 40', dark, 5) +
    area('M232 52l76 92-132 118-52-152z', main) +
    area('M232 52l-56 210-52-152z', light) +
    area('M124 110l184 34-132 118z', accent) +
    line('M232 52l-56 210m-52-152l184 34', dark, 4) +
    area('M160 288l-26-8 4 24zm30 22l26-6-8 24z', main),
};
