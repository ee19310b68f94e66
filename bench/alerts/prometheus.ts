/** A real Prometheus that scrapes the shop every second and evaluates the rules as they ship. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { WatchedShop } from '#bench/watched/shop.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { urlOf } from '#ops/local/parts.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { provideTool } from '#ops/local/prometheus-tools.ts';
import { answersOk } from '#ops/local/waiting.ts';

export const SCRAPE_MS = SECOND_MS;
export const EVALUATION_MS = SECOND_MS;

const Labels = Type.Record(Type.String(), Type.String());
const Alerts = Type.Object({
  data: Type.Object({
    alerts: Type.Array(Type.Object({ labels: Labels, state: Type.String(), activeAt: Type.String() })),
  }),
});
const Samples = Type.Object({
  data: Type.Object({
    result: Type.Array(
      Type.Object({ metric: Labels, values: Type.Array(Type.Tuple([Type.Number(), Type.String()])) }),
    ),
  }),
});
const Rules = Type.Object({
  data: Type.Object({
    groups: Type.Array(
      Type.Object({
        rules: Type.Array(Type.Object({ name: Type.String(), duration: Type.Optional(Type.Number()) })),
      }),
    ),
  }),
});

export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAtMs: number;
}

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

export interface Prometheus {
  alerts(): Promise<readonly ActiveAlert[]>;
  /** How long each alert has to be pending, by its name. */
  waits(): Promise<ReadonlyMap<string, number>>;
  /** Every sample of the last minutes, as it was scraped. */
  samples(selector: string): Promise<readonly Sample[]>;
}

export async function startPrometheus(shop: WatchedShop): Promise<Prometheus> {
  const { stack } = shop;
  const path = await provideTool('prometheus');
  const { port } = await choosePorts({ port: 0 });
  const folder = join(stack.folder, 'prometheus');
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'prometheus.json');
  await Bun.write(configFile, JSON.stringify(configOf(shop)));
  await stack.supervisor.start({
    name: 'prometheus',
    command: [
      ...[path, `--config.file=${configFile}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      ...[`--web.listen-address=${LOOPBACK}:${port}`, '--log.level=warn'],
    ],
    environment: {},
    cwd: folder,
    marker: configFile,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    readyDeadlineMs: 30 * SECOND_MS,
    isReady: () => answersOk(`${urlOf(port)}/-/ready`),
  });
  const ask = async <T extends TSchema>(schema: T, query: string): Promise<Static<T>> => {
    const answer = await fetch(`${urlOf(port)}/api/v1/${query}`, { signal: stack.signal });
    return Value.Parse(schema, await answer.json());
  };
  return {
    alerts: async () =>
      (await ask(Alerts, 'alerts')).data.alerts.map(({ labels, state, activeAt }) => ({
        labels,
        state: state === 'firing' ? 'firing' : 'pending',
        activeAtMs: Date.parse(activeAt),
      })),
    waits: async () => {
      const { data } = await ask(Rules, 'rules?type=alert');
      const rules = data.groups.flatMap((group) => group.rules);
      return new Map(rules.map(({ name, duration = 0 }) => [name, duration * SECOND_MS]));
    },
    samples: async (selector) => {
      const { data } = await ask(Samples, `query?query=${encodeURIComponent(`${selector}[15m]`)}`);
      return data.result.flatMap(({ values }) =>
        values.map(([at, value]) => ({ atMs: at * SECOND_MS, value: Number(value) })),
      );
    },
  };
}

/** JSON is YAML. */
function configOf({ stack, targets }: WatchedShop) {
  const jobs = Map.groupBy(targets, ({ job }) => job);
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(CHECKOUT, 'ops', 'prometheus', 'rules', '*.yml')],
    scrape_configs: [...jobs].map(([job, ofJob]) => ({
      job_name: job,
      metrics_path: new URL(ofJob[0]?.url ?? '').pathname,
      authorization: { credentials: stack.secrets.operatorToken },
      static_configs: [{ targets: ofJob.map(({ url }) => new URL(url).host) }],
    })),
  };
}
