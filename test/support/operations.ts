/** Every operation of the API as its document describes it: what the generated tests of access go through. */

import { isAccess, PERMISSIONS, type Permission, type Role } from '#origin/http/permissions.ts';
import type { Call, OriginUnderTest } from './origin.ts';

export interface Schema {
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
}

export interface Operation {
  /** As the document writes it: `GET /api/v1/orders/{id}`. */
  readonly name: string;
  readonly method: NonNullable<Call['method']>;
  readonly path: string;
  readonly access: 'public' | 'anyone' | Permission;
  /** Names of the parameters in the path. */
  readonly parameters: readonly string[];
  /** Null where it takes no JSON object. */
  readonly body: { readonly schema: Schema; readonly example: unknown } | null;
}

interface Documented {
  readonly 'x-access'?: unknown;
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;
  };
}

/** @throws when an operation of the API says nothing of its access. */
export async function operationsOf(shop: OriginUnderTest): Promise<Operation[]> {
  const { body } = await shop.call('/docs/json');
  const paths = Object.entries(body.paths as Record<string, Record<string, Documented>>);
  return paths
    .filter(([path]) => path.startsWith('/api/'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, documented]) => toOperation(method, path, documented)),
    );
}

function toOperation(method: string, path: string, documented: Documented): Operation {
  const name = `${method.toUpperCase()} ${path}`;
  const access = documented['x-access'];
  if (!isAccess(access)) throw new Error(`${name} is documented without its access`);
  const media = documented.requestBody?.content['application/json'];
  const takesObject = media !== undefined && media.schema.type !== 'string';
  return {
    name,
    method: method.toUpperCase() as Operation['method'],
    path,
    access,
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => parameter),
    body: takesObject ? { schema: media.schema, example: media.example } : null,
  };
}

/** The roles that the table of permissions lets in; all of them where it is not asked. */
export function rolesOf({ access }: Pick<Operation, 'access'>): readonly Role[] {
  return access === 'public' || access === 'anyone' ? PERMISSIONS.user : PERMISSIONS[access];
}

export function fill(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: there is no value for {${name}}`);
    return value;
  });
}

/** Every property of a schema by its pointer, `*` for the items of a list. */
export function propertiesOf(schema: Schema, at = ''): { pointer: string; name: string; schema: Schema }[] {
  const here = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    { pointer: `${at}/${name}`, name, schema: property },
    ...propertiesOf(property, `${at}/${name}`),
  ]);
  const items = schema.items === undefined ? [] : propertiesOf(schema.items, `${at}/*`);
  return [...here, ...items, ...(schema.anyOf ?? []).flatMap((choice) => propertiesOf(choice, at))];
}
