/** The addresses under which the shop's processes reach the database: each its own role's, with its own password. */

import { createHmac } from 'node:crypto';
import { DATABASE_ROLES, type DatabaseRole } from '#db/role-grants.ts';
import { type RolePasswords, roleUrlOf } from '#db/roles.ts';
import type { Secrets } from './secrets.ts';
import { givenUrl } from './servers.ts';

export type DatabaseUrls = Readonly<Record<DatabaseRole, string>>;

/** Whoever knows one of them learns neither another nor the owner's. */
export function passwordOf(ownerPassword: string, role: DatabaseRole): string {
  return createHmac('sha256', ownerPassword).update(`database role ${role}`).digest('hex');
}

export function rolePasswords({ postgresPassword }: Pick<Secrets, 'postgresPassword'>): RolePasswords {
  return Object.fromEntries(DATABASE_ROLES.map((role) => [role, passwordOf(postgresPassword, role)]));
}

/** A server that somebody else runs gets no roles unasked: there, everybody is who the given address says. */
export const hasOwnRoles = () => givenUrl('DATABASE_URL') === undefined;

export function databaseUrls(ownerUrl: string, secrets: Secrets): DatabaseUrls {
  const urlOf = (role: DatabaseRole) =>
    hasOwnRoles() ? roleUrlOf(ownerUrl, role, passwordOf(secrets.postgresPassword, role)) : ownerUrl;
  return {
    origin: urlOf('origin'),
    workers: urlOf('workers'),
    search: urlOf('search'),
    analytics: urlOf('analytics'),
    reporting: urlOf('reporting'),
    backup: urlOf('backup'),
  };
}

/** Of a process that has pools for each kind of read. */
export function databaseEnvironment(urls: DatabaseUrls, role: 'origin' | 'workers'): Record<string, string> {
  return {
    DATABASE_URL: urls[role],
    DATABASE_URL_SEARCH: urls.search,
    DATABASE_URL_ANALYTICS: urls.analytics,
    DATABASE_URL_REPORTING: urls.reporting,
  };
}
