/** Shapes from the kitchen, the living room and the desk. */

import { area, line, oval, type Palette, rect, row, turned } from './pencil.ts';

const STEEL = '#cfd6dc';
const PAPER = '#fdfaf3';
const WOOD = '#a9744a';

export const HOUSE_SHAPES = {
  mug: ({ main, dark, light }: Palette) =>
    line('M262 190q62-6 56 46t-64 42', dark, 20) +
    area('M112 150h160l-8 140q-2 30-34 30h-76q-32 0-34-30z', main) +
    oval([192, 150, 80, 18], dark) +
    oval([192, 153, 66, 12], '#4a2f22') +
    area('M128 182h16l8 116q-16-4-18-22z', light) +
    line('M170 118q-14-20 4-36m38 36q-14-20 4-36', light, 7),
  pan: ({ main, dark, light }: Palette) =>
    line('M258 236l108-42', WOOD, 22) +
    area('M66 224h208l-12 62q-6 34-40 34H118q-34 0-40-34z', main) +
    oval([170, 224, 104, 24], dark) +
    oval([170, 228, 88, 17], light) +
    line('M92 256q4 34 26 42', light, 6),
  knife: ({ main, dark }: Palette) =>
    rect([60, 270, 280, 50, 14], WOOD) +
    line('M84 288h120M150 304h150', '#8d5d39', 4) +
    turned(
      -32,
      area('M196 176h150q28 2 30 8-60 48-180 42z', STEEL) +
        area('M196 176h150q28 2 30 8H196z', '#eef2f5') +
        rect([60, 172, 140, 40, 16], main) +
        row(3, (i) => oval([92 + i * 38, 192, 6], dark)),
    ),
  bowl: ({ main, dark, light }: Palette) =>
    rect([158, 296, 84, 24, 8], dark) +
    area('M74 190h252q-6 116-92 118h-68q-86-2-92-118z', main) +
    oval([200, 190, 126, 30], light) +
    oval([200, 194, 108, 22], dark) +
    line('M98 236q12 40 42 54', light, 7),
  jar: ({ main, dark, light, accent }: Palette) =>
    rect([122, 140, 156, 180, 34], '#e8f1f0') +
    rect([134, 196, 132, 114, 24], main) +
    rect([134, 196, 132, 18], light) +
    rect([130, 104, 140, 40, 10], WOOD) +
    rect([130, 136, 140, 8], dark) +
    rect([158, 226, 84, 50, 6], PAPER) +
    line('M172 244h56m-56 14h36', accent, 5) +
    line('M140 170v100', '#ffffff', 6),
  lamp: ({ main, dark, light, accent }: Palette) =>
    oval([200, 228, 130, 84], `${light}66`) +
    rect([192, 210, 16, 96], dark) +
    area('M140 320q4-26 60-26t60 26z', dark) +
    area('M152 96h96l46 122H106z', main) +
    area('M152 96h34l-30 122h-50z', light) +
    line('M262 218v42', accent, 4) +
    oval([262, 266, 6], accent),
  cushion: ({ main, dark, light }: Palette) =>
    area('M84 132q116-26 232 0 22 90 0 180-116 20-232 0-22-90 0-180z', main) +
    line('M100 148q100-20 200 0 16 76 0 150-100 14-200 0-16-76 0-150z', light, 4) +
    row(4, (i) => line(`M${128 + i * 48} 166q-10 60 0 118`, dark, 7)) +
    row(4, (i) => oval([[84, 316][i % 2] ?? 84, i < 2 ? 132 : 312, 9], dark)),
  blanket: ({ main, dark, light, accent }: Palette) =>
    rect([82, 264, 236, 56, 24], dark) +
    rect([86, 212, 228, 56, 24], main) +
    rect([82, 160, 236, 56, 24], light) +
    rect([232, 160, 30, 56], accent) +
    rect([232, 212, 30, 56], accent) +
    row(9, (i) => line(`M${104 + i * 24} 300v14`, light, 4)) +
    line('M100 188h110M104 240h110', main, 4),
  candle: ({ main, dark, light }: Palette) =>
    oval([200, 106, 44, 56], '#ffe9a866') +
    area('M200 62q30 38 14 60-14 14-28 0-16-22 14-60z', '#f7b32b') +
    area('M200 88q14 20 6 32-6 6-12 0-8-12 6-32z', '#fff3c4') +
    line('M200 122v22', '#4a3a2f', 5) +
    rect([128, 140, 144, 180, 18], main) +
    oval([200, 146, 72, 15], light) +
    rect([152, 204, 96, 66, 6], PAPER) +
    line('M170 226h60m-48 18h36', dark, 5),
  chair: ({ main, dark, light }: Palette) =>
    line('M134 240l-14 80m146-80l14 80m-104-80v66m48-66v66', WOOD, 13) +
    area('M130 84q70-20 140 0l-10 124H140z', main) +
    line('M164 98l4 96m32-98v98m36-96l-4 96', dark, 6) +
    rect([112, 204, 176, 42, 20], light) +
    rect([112, 222, 176, 26, 13], main),
  book: ({ main, dark, light, accent }: Palette) =>
    turned(
      -6,
      rect([112, 82, 184, 240, 8], dark) +
        rect([120, 90, 172, 226, 4], PAPER) +
        rect([106, 76, 176, 240, 8], main) +
        rect([106, 76, 22, 240, 6], dark) +
        oval([206, 216, 48], light) +
        area('M158 216a48 48 0 0 0 96 0q-24-26-48 0-24 26-48 0z', accent) +
        line('M152 112h106m-92 22h78', PAPER, 9),
    ),
  notebook: ({ main, dark, light, accent }: Palette) =>
    rect([118, 84, 180, 236, 12], PAPER) +
    rect([108, 78, 180, 236, 12], main) +
    rect([244, 78, 14, 236], accent) +
    rect([136, 118, 84, 52, 6], light) +
    line('M150 136h56m-56 16h34', dark, 5) +
    row(8, (i) => line(`M98 ${104 + i * 26}h26`, '#8b9299', 6)),
  pen: ({ main, dark, light, accent }: Palette) =>
    line('M76 316q60-34 108-8t120-14', accent, 6) +
    turned(
      -42,
      rect([94, 178, 150, 44, 20], main) +
        rect([94, 184, 150, 10, 5], light) +
        rect([236, 176, 16, 48, 4], dark) +
        area('M252 180h44l44 20-44 20h-44z', STEEL) +
        line('M300 200h36', dark, 3) +
        rect([108, 166, 78, 9, 4], STEEL),
    ),
  puzzle: ({ main, dark, light, accent }: Palette) =>
    rect([84, 112, 112, 100, 8], main) +
    rect([204, 112, 112, 100, 8], accent) +
    rect([84, 220, 112, 100, 8], light) +
    turned(8, rect([208, 224, 112, 100, 8], dark) + oval([264, 222, 20], dark)) +
    oval([200, 162, 20], main) +
    oval([140, 216, 20], main) +
    oval([262, 210, 19], '#0000001f') +
    oval([200, 268, 18], '#0000001f'),
};
