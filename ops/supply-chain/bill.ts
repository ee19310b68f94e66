/** The software bill of materials (CycloneDX 1.6): all that the lockfile names. The same lockfile makes the same bill. */

import { ComponentScope, ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Bom,
  Component,
  HashDictionary,
  LicenseExpression,
  LicenseRepository,
} from '@cyclonedx/cyclonedx-library/Models';
import { JSON as InJson, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import { createResolver, type LockedPackage, type Tree } from './lock.ts';

const INDENT_SPACES = 2;

export function writeBill({ root, packages }: Tree): string {
  const resolve = createResolver(packages);
  const atRuntime = reached(Object.keys(root.dependencies), resolve);
  const components = new Map(packages.map((each) => [each, toComponent(each, atRuntime.has(each))]));
  const application = new Component(ComponentType.Application, root.name, {
    bomRef: purlOf(root),
    version: root.version,
    purl: purlOf(root),
    licenses: licensesOf(root.license),
  });
  const link = (from: Component, path: readonly string[], names: readonly string[]) => {
    for (const name of names) {
      const found = resolve(path, name);
      const needed = found === undefined ? undefined : components.get(found);
      if (needed !== undefined) from.dependencies.add(needed.bomRef);
    }
  };
  link(application, [], Object.keys({ ...root.dependencies, ...root.devDependencies }));
  for (const [each, component] of components) link(component, each.path, each.needs);
  const bill = new Bom();
  bill.metadata.component = application;
  for (const component of components.values()) bill.components.add(component);
  const serializer = new JsonSerializer(new InJson.Normalize.Factory(Spec1dot6));
  return `${serializer.serialize(bill, { sortLists: true, space: INDENT_SPACES })}\n`;
}

function toComponent(each: LockedPackage, isAtRuntime: boolean): Component {
  const { name, version, path, integrity, manifest } = each;
  const [scope, bare] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const digest = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  return new Component(ComponentType.Library, bare ?? name, {
    // One version may stand in the tree more than once.
    bomRef: `${purlOf(each)}#${path.join('/')}`,
    ...(scope === undefined ? {} : { group: scope }),
    version,
    purl: purlOf(each),
    hashes: new HashDictionary([[HashAlgorithm['SHA-512'], digest]]),
    licenses: licensesOf(manifest?.license),
    scope: isAtRuntime ? ComponentScope.Required : ComponentScope.Excluded,
  });
}

function licensesOf(license: unknown): LicenseRepository {
  return new LicenseRepository(typeof license === 'string' ? [new LicenseExpression(license)] : []);
}

function purlOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** All that these need, directly or not: what runs in a shop, and not only where it is built and tested. */
function reached(
  names: readonly string[],
  resolve: ReturnType<typeof createResolver>,
): ReadonlySet<LockedPackage> {
  const found = new Set<LockedPackage>();
  const visit = (from: readonly string[], wanted: readonly string[]) => {
    for (const name of wanted) {
      const each = resolve(from, name);
      if (each === undefined || found.has(each)) continue;
      found.add(each);
      visit(each.path, each.needs);
    }
  };
  visit([], names);
  return found;
}
