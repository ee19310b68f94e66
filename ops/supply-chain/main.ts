/** `npm run sbom`, and the step of `npm run check` on what the shop is made of. See --help. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT, LOCAL } from '#ops/local/paths.ts';
import { writeBill } from './bill.ts';
import { readTree } from './lock.ts';
import { breachesOf } from './rules.ts';

const HELP = `What the shop is made of, by the lockfile and what is installed; nothing is looked up.

  npm run sbom                       writes the bill of materials (CycloneDX 1.6, JSON) to .local/sbom.cdx.json
  npm run sbom -- --out FILE         or elsewhere
  npm run sbom -- --check            exact versions, lockfile, licences and install scripts by their lists
  npm run sbom -- --help             this text

Known vulnerabilities are not looked up: that takes a registry's audit endpoint or a database of them, to which the
bill can be given. 'No breach' says nothing of them.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      help: { type: 'boolean', short: 'h' },
      check: { type: 'boolean' },
      out: { type: 'string', default: join(LOCAL, 'sbom.cdx.json') },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const tree = await readTree(CHECKOUT);
  if (values.check === true) {
    const breaches = breachesOf(tree);
    for (const breach of breaches) console.error(breach);
    console.log(
      `${tree.packages.length} packages, ${breaches.length} breaches; vulnerabilities are not looked up`,
    );
    return breaches.length === 0 ? 0 : 1;
  }
  const file = resolve(values.out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, writeBill(tree));
  console.log(`${tree.packages.length} packages in ${file}`);
  return 0;
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(`sbom: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }),
);
