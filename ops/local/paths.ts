/** Where this checkout keeps what it runs on; all of it is below the git-ignored `.local/`. */

import { join, resolve } from 'node:path';

export const CHECKOUT = resolve(import.meta.dir, '..', '..');
export const LOCAL = join(CHECKOUT, '.local');

/** Programs unpacked from the system's packages where they cannot be installed. Survives `--fresh`. */
export const PACKAGES = join(LOCAL, 'packages');
