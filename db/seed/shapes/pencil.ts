/** The few SVG elements that all shapes are made of. */

/** CSS colours. `main` is the product's own; the others are its shade, its light and a colour beside it. */
export interface Palette {
  readonly main: string;
  readonly dark: string;
  readonly light: string;
  readonly accent: string;
}

/** Left, top, width, height and, if the corners are round, their radius. */
export type Box = readonly [x: number, y: number, width: number, height: number, radius?: number];

export function rect([x, y, width, height, radius]: Box, fill: string): string {
  const round = radius === undefined ? '' : ` rx="${radius}"`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}"${round} fill="${fill}"/>`;
}

export function oval([x, y, rx, ry]: readonly [number, number, number, number?], fill: string): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry ?? rx}" fill="${fill}"/>`;
}

export function area(path: string, fill: string): string {
  return `<path d="${path}" fill="${fill}"/>`;
}

export function line(path: string, stroke: string, width: number): string {
  return `<path d="${path}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
}

export function turned(degrees: number, content: string): string {
  return `<g transform="rotate(${degrees} 200 200)">${content}</g>`;
}

/** The same mark in a row, each one a step further. */
export function row(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join('');
}
