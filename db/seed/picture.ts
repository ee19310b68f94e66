/** A product's picture: its shape in its colours before a quiet ground. An SVG of one to three kilobytes. */

import { present } from '#lib/assert.ts';
import type { Random } from './random.ts';
import { SHAPES, type ShapeName } from './shapes.ts';

/** Hue in degrees, saturation and lightness in percent. */
type Colour = readonly [hue: number, saturation: number, lightness: number];

/** The colours that products come in, by the name that a shopper chooses. */
export const COLOURS: Readonly<Record<string, Colour>> = {
  Sage: [110, 18, 58],
  Forest: [140, 38, 32],
  Sky: [204, 62, 62],
  Navy: [220, 48, 32],
  Teal: [178, 46, 38],
  Plum: [312, 30, 40],
  Lilac: [266, 38, 70],
  Rose: [346, 52, 68],
  Coral: [12, 76, 64],
  Brick: [10, 52, 44],
  Rust: [22, 64, 46],
  Mustard: [42, 74, 54],
  Sand: [36, 38, 70],
  Oat: [40, 32, 82],
  Charcoal: [215, 10, 32],
  Stone: [210, 8, 62],
};

export interface Subject {
  readonly shape: ShapeName;
  readonly colour: string;
  /** For people who cannot see the picture. */
  readonly title: string;
}

export function drawPicture({ shape, colour, title }: Subject, random: Random): string {
  const [hue, saturation, lightness] = present(COLOURS[colour], `the colour ${colour}`);
  const groundHue = (hue + random.pick([28, 150, 180, 205, 330])) % 360;
  const palette = {
    main: hex([hue, saturation, lightness]),
    dark: hex([hue, saturation, Math.max(lightness - 16, 12)]),
    light: hex([hue, saturation, Math.min(lightness + 15, 92)]),
    accent: hex([(hue + random.pick([40, 160, 200])) % 360, 58, 58]),
  };
  const sun = { x: random.integer(70, 330), y: random.integer(70, 190), radius: random.integer(60, 130) };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img"><title>${escapeXml(title)}</title>`,
    '<defs>',
    `<linearGradient id="g" x2="${random.pick([0, 0.3, 0.6])}" y2="1"><stop stop-color="${hex([groundHue, 34, 93])}"/><stop offset="1" stop-color="${hex([groundHue, 30, 82])}"/></linearGradient>`,
    '<linearGradient id="s" x1="0" x2="1" y2=".4"><stop stop-color="#fff" stop-opacity=".2"/><stop offset=".5" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-opacity=".12"/></linearGradient>',
    '</defs>',
    '<rect width="400" height="400" fill="url(#g)"/>',
    `<circle cx="${sun.x}" cy="${sun.y}" r="${sun.radius}" fill="${hex([groundHue, 40, 96])}" opacity=".7"/>`,
    `<path d="M0 ${random.integer(286, 312)}q110-${random.integer(8, 26)} 210-4t190-8v130H0z" fill="${hex([groundHue, 28, 75])}"/>`,
    '<ellipse cx="200" cy="322" rx="140" ry="13" opacity=".16"/>',
    SHAPES[shape](palette),
    '<rect width="400" height="400" fill="url(#s)"/>',
    '</svg>',
  ].join('');
}

function hex([hue, saturation, lightness]: Colour): string {
  const chroma = (saturation / 100) * Math.min(lightness / 100, 1 - lightness / 100);
  const channel = (offset: number): string => {
    const turn = (offset + hue / 30) % 12;
    const value = lightness / 100 - chroma * Math.max(-1, Math.min(turn - 3, 9 - turn, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
