/** The process that prints documents for the one that started it, behind the requests: it ends with it. */

import { setPriority } from 'node:os';
import { answerQuestions } from '#origin/adapters/own-process.ts';
import { printSheet } from './pdf.ts';
import type { Sheet } from './sheet.ts';

const NICENESS = 10;

setPriority(NICENESS);
answerQuestions<Sheet, Uint8Array>(printSheet);
