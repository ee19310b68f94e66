/** Shapes that are worn. */

import { area, line, oval, type Palette, rect, row } from './pencil.ts';

export const APPAREL_SHAPES = {
  shirt: ({ main, dark, light }: Palette) =>
    area('M150 92l-86 46 32 68 36-16v130h136V190l36 16 32-68-86-46q-50 34-100 0z', main) +
    line('M150 92q50 44 100 0', dark, 9) +
    area('M132 190l16-30v160h-16z', light) +
    rect([214, 172, 40, 44, 5], dark) +
    line('M82 178l18 12m218-12l-18 12', dark, 5),
  hoodie: ({ main, dark, light, accent }: Palette) =>
    area('M140 108L66 150l22 150h42V210v110h140V210v90h42l22-150-74-42z', main) +
    area('M136 122q0-62 64-62t64 62q-32 40-64 40t-64-40z', light) +
    area('M158 120q4-34 42-34t42 34q-20 24-42 24t-42-24z', dark) +
    area('M154 244h92l20 56H134z', dark) +
    line('M184 148v46m32-46v40', accent, 5) +
    rect([130, 308, 140, 14, 5], dark),
  hat: ({ main, dark, light, accent }: Palette) =>
    oval([200, 100, 34], accent) +
    area('M94 262q-4-148 106-148t106 148z', main) +
    row(5, (i) => line(`M${128 + i * 36} ${160 + Math.abs(i - 2) * 14}v92`, light, 5)) +
    rect([80, 246, 240, 66, 24], dark) +
    row(9, (i) => line(`M${104 + i * 24} 258v42`, main, 5)),
  shoe: ({ main, dark, light, accent }: Palette) =>
    area('M70 176q40 18 74-10l74 66q62 18 106 32 22 12 20 34H70q-14-60 0-122z', main) +
    area('M70 176q40 18 74-10l22 20q-32 46-100 42z', dark) +
    rect([62, 292, 288, 28, 14], light) +
    row(4, (i) => line(`M${160 + i * 20} ${200 + i * 16}l-20 20`, light, 7)) +
    line('M96 270q70 12 120-26', accent, 9),
  sock: ({ main, dark, light, accent }: Palette) =>
    area('M176 76h86v134q0 22-18 40l-56 56q-28 24-60 0-24-26 2-56l46-50z', main) +
    rect([170, 66, 98, 36, 8], dark) +
    rect([176, 116, 86, 16], accent) +
    rect([176, 146, 86, 10], light) +
    area('M120 262q-16 24 8 44 24 18 46 6-10-42-54-50z', light) +
    area('M262 186v24q0 22-18 40-32-24-4-58z', light),
};
