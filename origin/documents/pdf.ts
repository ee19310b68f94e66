/** Puts a sheet on pages of A4, as PDF. The same sheet makes the same bytes. */

import PDFDocument from 'pdfkit';
import type { Column, Fact, Sheet } from './sheet.ts';

const FONTS = {
  regular: import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
} as const;

/** All lengths are points. */
const PAGE = { left: 50, top: 50, width: 495, bottom: 770 };
const FOOT = 790;
const SIZE = { title: 18, name: 11, text: 8.5, small: 7.5 };
const GAP = 4;
const HALF = 0.5;
const SUMS_SHARE = 0.45;

/** Beside what a font cannot show: line ends, and what turns the order of the text after it. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu;

type Pdf = InstanceType<typeof PDFDocument>;

export async function printSheet(sheet: Sheet): Promise<Uint8Array> {
  const pdf = new PDFDocument({
    size: 'A4',
    margin: PAGE.left,
    bufferPages: true,
    info: { Title: sheet.title, Author: sheet.sender.name, CreationDate: new Date(sheet.issuedAt) },
  });
  const chunks: Uint8Array[] = [];
  pdf.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => pdf.on('end', resolve));
  for (const [name, url] of Object.entries(FONTS)) pdf.registerFont(name, new URL(url).pathname);
  const below = drawHead(pdf, sheet);
  const end = drawTable(pdf, sheet, below);
  drawNotes(pdf, sheet, drawSums(pdf, sheet, end));
  numberPages(pdf, sheet);
  pdf.end();
  await ended;
  return new Uint8Array(Buffer.concat(chunks));
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly align?: Column['align'];
}

/** Returns where it ends. Its lines are broken here: the library's own way takes several times as long. */
function write(pdf: Pdf, text: string, { x, y: from, width, align = 'left' }: Place): number {
  let y = from;
  for (const line of linesOf(pdf, text, width)) {
    const indent = align === 'right' ? width - pdf.widthOfString(line) : 0;
    pdf.text(line, x + indent, y, { lineBreak: false });
    y += pdf.currentLineHeight(true);
  }
  return y;
}

const heightOf = (pdf: Pdf, text: string, width: number) =>
  linesOf(pdf, text, width).length * pdf.currentLineHeight(true);

function linesOf(pdf: Pdf, text: string, width: number): readonly string[] {
  const shown = plain(text);
  if (shown === '') return [];
  if (pdf.widthOfString(shown) <= width) return [shown];
  const lines: string[] = [];
  let line = '';
  for (const word of shown.split(' ').flatMap((each) => partsOf(pdf, each, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (pdf.widthOfString(longer) <= width) {
      line = longer;
    } else {
      if (line !== '') lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Of a word that is wider than the line: as many of its characters as there is room for, each time. */
function partsOf(pdf: Pdf, word: string, width: number): readonly string[] {
  if (pdf.widthOfString(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  for (const character of word) {
    if (part !== '' && pdf.widthOfString(part + character) > width) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
}

const plain = (text: string) => text.replace(UNPRINTABLE, ' ').replaceAll(/\s+/g, ' ').trim();

const style = (pdf: Pdf, font: keyof typeof FONTS, size: number) => pdf.font(font).fontSize(size);

function drawHead(pdf: Pdf, { title, sender, addressee, facts }: Sheet): number {
  const half = PAGE.width * HALF - GAP;
  const right = { x: PAGE.left + PAGE.width * HALF, width: PAGE.width * HALF };
  style(pdf, 'bold', SIZE.name);
  let left = write(pdf, sender.name, { x: PAGE.left, y: PAGE.top, width: half });
  style(pdf, 'regular', SIZE.text);
  for (const line of sender.lines) left = write(pdf, line, { x: PAGE.left, y: left, width: half });
  style(pdf, 'bold', SIZE.title);
  let y = write(pdf, title, { ...right, y: PAGE.top, align: 'right' }) + GAP;
  y = drawFacts(pdf, facts, { ...right, y });
  left = Math.max(left, y) + SIZE.title;
  style(pdf, 'bold', SIZE.small);
  left = write(pdf, addressee.label, { x: PAGE.left, y: left, width: half }) + 1;
  style(pdf, 'regular', SIZE.text);
  for (const line of addressee.lines) left = write(pdf, line, { x: PAGE.left, y: left, width: half });
  return left + SIZE.title;
}

/** Each on a line of its own, the value at the right. */
function drawFacts(pdf: Pdf, facts: readonly Fact[], { x, y: from, width }: Place): number {
  let y = from;
  for (const { label, value } of facts) {
    style(pdf, 'regular', SIZE.text);
    const ends = [
      write(pdf, label, { x, y, width: width * HALF }),
      write(pdf, value, { x: x + width * HALF, y, width: width * HALF, align: 'right' }),
    ];
    y = Math.max(...ends) + 1;
  }
  return y;
}

function drawTable(pdf: Pdf, { columns, rows }: Sheet, from: number): number {
  let y = drawHeadings(pdf, columns, from);
  for (const row of rows) {
    style(pdf, 'regular', SIZE.text);
    const height = Math.max(
      ...columns.map(({ share }, index) => heightOf(pdf, row[index] ?? '', cellWidth(share))),
    );
    if (y + height > PAGE.bottom) y = drawHeadings(pdf, columns, nextPage(pdf));
    style(pdf, 'regular', SIZE.text);
    drawCells(pdf, columns, { cells: row, y });
    y += height + GAP;
  }
  return rule(pdf, y);
}

const cellWidth = (share: number) => PAGE.width * share - GAP;

function drawHeadings(pdf: Pdf, columns: readonly Column[], from: number): number {
  const y = from + GAP > PAGE.bottom ? nextPage(pdf) : from;
  style(pdf, 'bold', SIZE.small);
  drawCells(pdf, columns, { cells: columns.map(({ label }) => label), y });
  return rule(pdf, y + SIZE.text + GAP);
}

function drawCells(
  pdf: Pdf,
  columns: readonly Column[],
  { cells, y }: { readonly cells: readonly string[]; readonly y: number },
): void {
  let { left: x } = PAGE;
  for (const [index, { share, align }] of columns.entries()) {
    write(pdf, cells[index] ?? '', { x, y, width: cellWidth(share), align });
    x += PAGE.width * share;
  }
}

function rule(pdf: Pdf, y: number): number {
  pdf
    .moveTo(PAGE.left, y)
    .lineTo(PAGE.left + PAGE.width, y)
    .lineWidth(HALF)
    .stroke();
  return y + GAP;
}

function nextPage(pdf: Pdf): number {
  pdf.addPage();
  return PAGE.top;
}

function drawSums(pdf: Pdf, { sums }: Sheet, from: number): number {
  const width = PAGE.width * SUMS_SHARE;
  const x = PAGE.left + PAGE.width - width;
  let y = from;
  for (const [index, { label, value }] of sums.entries()) {
    if (y + SIZE.title > PAGE.bottom) y = nextPage(pdf);
    style(pdf, index === sums.length - 1 ? 'bold' : 'regular', SIZE.text);
    write(pdf, label, { x, y, width: width * HALF });
    y = write(pdf, value, { x: x + width * HALF, y, width: width * HALF - GAP, align: 'right' }) + 1;
  }
  return y + SIZE.title;
}

function drawNotes(pdf: Pdf, { notes }: Sheet, from: number): void {
  style(pdf, 'regular', SIZE.text);
  let y = from;
  for (const note of notes) {
    const height = heightOf(pdf, note, PAGE.width);
    if (y + height > PAGE.bottom) y = nextPage(pdf);
    y = write(pdf, note, { x: PAGE.left, y, width: PAGE.width }) + 1;
  }
}

function numberPages(pdf: Pdf, { title }: Sheet): void {
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    pdf.switchToPage(page);
    // Below the margin a text would begin another page.
    pdf.page.margins.bottom = 0;
    style(pdf, 'regular', SIZE.small);
    const text = `${title}, ${page + 1} / ${count}`;
    write(pdf, text, { x: PAGE.left, y: FOOT, width: PAGE.width, align: 'right' });
  }
}
