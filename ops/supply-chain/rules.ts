/** What a dependency may be, and the breaches of it. */

import satisfies from 'spdx-satisfies';
import { createResolver, type LockedPackage, type Tree } from './lock.ts';

/** Their conditions are met by handing on the texts that the packages bring. */
const LICENSES = [
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'],
  ...['Unlicense', 'CC0-1.0', 'BlueOak-1.0.0'],
];

/** Packages under other licences, and why that is right. A name ends in `*` for all that begin so. */
const LICENSE_EXCEPTIONS: Readonly<Record<string, string>> = {
  '@img/sharp-libvips-*': 'LGPL-3.0-or-later: a library that sharp loads as it is, and anybody may exchange',
  'dejavu-fonts-ttf': 'Bitstream Vera: fonts that anybody may embed and hand on under their name',
  'png-js': 'MIT by the text that it brings; its manifest does not say so',
  'spdx-exceptions': 'CC-BY-3.0: a list of names, for the check of licences itself',
  'spdx-ranges': 'MIT AND CC-BY-3.0: a list of names, for the check of licences itself',
};

/** Packages whose install scripts nobody runs, and why they work without. Others run if package.json trusts them. */
const SCRIPTS_LEFT_OUT: Readonly<Record<string, string>> = {
  '@scarf/scarf': 'reports to its maker that it was installed',
  esbuild: 'checks the binary that an optional dependency brings',
  sharp: 'builds the library where no optional dependency brings it',
  workerd: 'checks the binary that an optional dependency brings',
};

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Each as a sentence. */
export function breachesOf(tree: Tree): readonly string[] {
  return [
    ...inexactVersions(tree),
    ...unlockedManifest(tree),
    ...tree.packages.flatMap((each) => [...wrongPackage(each), ...wrongLicense(each)]),
    ...missingPackages(tree),
    ...unknownScripts(tree),
    ...needlessExceptions(tree),
  ];
}

function inexactVersions({ root }: Tree): readonly string[] {
  return Object.entries({ ...root.dependencies, ...root.devDependencies })
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `package.json asks for ${name} ${version}: an exact version, please.`);
}

function unlockedManifest({ root, locked }: Tree): readonly string[] {
  const inOrder = (values: Readonly<Record<string, string>>) =>
    JSON.stringify(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const isSame =
    inOrder(root.dependencies) === inOrder(locked.dependencies) &&
    inOrder(root.devDependencies) === inOrder(locked.devDependencies) &&
    [...root.trustedDependencies].toSorted().join() === [...locked.trustedDependencies].toSorted().join();
  return isSame ? [] : ["bun.lock was made from another package.json: run 'bun install'."];
}

function wrongPackage({ name, version, integrity }: LockedPackage): readonly string[] {
  return [
    ...(INTEGRITY.test(integrity) ? [] : [`bun.lock has no SHA-512 of ${name} ${version}.`]),
    ...(EXACT.test(version) ? [] : [`bun.lock takes ${name} from elsewhere than the registry: ${version}.`]),
  ];
}

/** What no installed package asks for belongs to one of another system. */
function missingPackages({ root, packages }: Tree): readonly string[] {
  const resolve = createResolver(packages);
  const askers = [
    { path: [], needs: Object.keys({ ...root.dependencies, ...root.devDependencies }) },
    ...packages.filter(({ manifest }) => manifest !== null),
  ];
  const wanted = new Set(askers.flatMap(({ path, needs }) => needs.map((name) => resolve(path, name))));
  return [...wanted]
    .filter((each) => each !== undefined)
    .filter(({ manifest, isForSomeSystems }) => manifest === null && !isForSomeSystems)
    .map(({ name, version }) => `${name} ${version} is locked and not installed.`);
}

function wrongLicense({ name, version, manifest }: LockedPackage): readonly string[] {
  if (manifest === null || exceptionFor(name) !== undefined) return [];
  const license = typeof manifest.license === 'string' ? manifest.license : '';
  return isAllowed(license)
    ? []
    : [`${name} ${version} has the licence '${license}', which is not on the list.`];
}

function isAllowed(license: string): boolean {
  try {
    return satisfies(license, LICENSES);
  } catch {
    return false;
  }
}

function exceptionFor(name: string): string | undefined {
  return Object.keys(LICENSE_EXCEPTIONS).find((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

function unknownScripts({ root, packages }: Tree): readonly string[] {
  return packages.flatMap(({ name, version, manifest }) => {
    const scripts = INSTALL_SCRIPTS.filter((script) => manifest?.scripts?.[script] !== undefined);
    if (scripts.length === 0 || root.trustedDependencies.includes(name) || name in SCRIPTS_LEFT_OUT)
      return [];
    return [`${name} ${version} has an install script (${scripts.join(', ')}) that is on no list.`];
  });
}

/** A list that says more than there is hides what comes to it later. */
function needlessExceptions({ packages }: Tree): readonly string[] {
  const names = packages.map(({ name }) => name);
  const excepted = new Set(names.map(exceptionFor));
  return [
    ...Object.keys(LICENSE_EXCEPTIONS).filter((pattern) => !excepted.has(pattern)),
    ...Object.keys(SCRIPTS_LEFT_OUT).filter((name) => !names.includes(name)),
  ].map((name) => `${name} is excepted from a rule and is no dependency.`);
}
