/**
 * The programs that check what is written for Prometheus and Alertmanager, and Prometheus itself for the bench of the
 * alerts. No server is installed.
 */

import { provideUnpacked } from './packages.ts';

const PACKAGES = {
  ...{ prometheus: 'prometheus', promtool: 'prometheus' },
  amtool: 'prometheus-alertmanager',
} as const;

export type PrometheusTool = keyof typeof PACKAGES;

/** The path of the program. @throws an error of one sentence that says what to install. */
export function provideTool(name: PrometheusTool): Promise<string> {
  return provideUnpacked(name, PACKAGES[name]);
}
