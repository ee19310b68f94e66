/** Where the demo shop ships to, how, and for how much. */

import type { Transaction } from '#db/client.ts';
import { insertAll } from '#db/import/insert-all.ts';
import { type RateStep, shippingAreas, shippingMethods, shippingZones } from '#db/schema/shipping.ts';
import type { ShippingMethodId, ShippingZoneId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';
import { DEMO_SEED } from './catalogue.ts';
import { createRandom, type Random } from './random.ts';

interface Way {
  readonly name: string;
  readonly kind: 'flat' | 'by_weight' | 'by_quantity';
  readonly steps: readonly RateStep[];
  /** Costs nothing where the goods come to as much. */
  readonly freeFromMinor?: number;
}

interface Zone {
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly countries: string;
  readonly ways: readonly Way[];
}

const PICK_UP = 'Pick up at the shop';
const SINCE = new Date('2025-01-01T00:00:00Z');

const flat = (name: string, rateMinor: number, freeFromMinor?: number): Way => ({
  ...{ name, kind: 'flat', steps: [{ from: 0, rateMinor }] },
  ...(freeFromMinor === undefined ? {} : { freeFromMinor }),
});

/** Rates are the same in every currency of the shop, and contain the tax where its prices do. */
export const ZONES: readonly Zone[] = [
  {
    name: 'Germany',
    countries: 'DE',
    ways: [flat('Standard', 490, 5_000), flat('Express', 1_290)],
  },
  {
    name: 'European Union',
    countries: 'AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK',
    ways: [
      flat('Standard', 990, 10_000),
      {
        ...{ name: 'Express', kind: 'by_weight' },
        steps: [
          { from: 0, rateMinor: 1_990 },
          { from: 2_000, rateMinor: 2_490 },
          { from: 10_000, rateMinor: 4_990 },
        ],
      },
    ],
  },
  {
    name: 'United States',
    countries: 'US',
    ways: [flat('Standard', 590, 7_500), flat('Express', 1_990)],
  },
  {
    name: 'Rest of the world',
    countries: [
      'AD AE AF AG AI AL AM AO AQ AR AS AU AW AX AZ BA BB BD BF BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ',
      'CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX DJ DM DO DZ EC EG EH ER ET FJ FK FM FO GA GB GD GE',
      'GF GG GH GI GL GM GN GP GQ GS GT GU GW GY HK HM HN HT ID IL IM IN IO IQ IR IS JE JM JO JP KE KG KH KI',
      'KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MU MV MW',
      'MX MY MZ NA NC NE NF NG NI NO NP NR NU NZ OM PA PE PF PG PH PK PM PN PR PS PW PY QA RE RS RU RW SA SB SC',
      'SD SG SH SJ SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM',
      'UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW',
    ].join(' '),
    ways: [
      flat('Standard', 1_490, 20_000),
      {
        ...{ name: 'Express', kind: 'by_quantity' },
        steps: [
          { from: 0, rateMinor: 3_990 },
          { from: 5, rateMinor: 5_990 },
        ],
      },
    ],
  },
];

/** A shop that ships already keeps its own ways. */
export async function writeShipping(tx: Transaction, currencies: readonly Currency[]): Promise<void> {
  const [own] = await tx.select({ id: shippingZones.id }).from(shippingZones).limit(1);
  if (own !== undefined) return;
  const random = createRandom(DEMO_SEED + 3);
  const zones = ZONES.map((zone) => ({ ...zone, id: random.id<ShippingZoneId>(SINCE) }));
  await insertAll(
    tx,
    shippingZones,
    zones.map(({ id, name }) => ({ id, name, createdAt: SINCE })),
  );
  await insertAll(
    tx,
    shippingAreas,
    zones.flatMap(({ id: zoneId, countries }) =>
      countries.split(' ').map((country) => ({ zoneId, country })),
    ),
  );
  const ways = zones.flatMap(({ id: zoneId, ways }) => ways.map((way) => ({ zoneId, ...way })));
  const pickUp = { zoneId: null, kind: 'pickup' as const, name: PICK_UP, steps: [{ from: 0, rateMinor: 0 }] };
  await insertAll(
    tx,
    shippingMethods,
    currencies.flatMap((currency) => [...ways, pickUp].map((way) => methodOf(random, currency, way))),
  );
}

type NewMethod = typeof shippingMethods.$inferInsert;

function methodOf(
  random: Random,
  currency: Currency,
  way: Omit<Way, 'kind'> & Pick<NewMethod, 'zoneId' | 'kind'>,
): NewMethod {
  return {
    ...{ id: random.id<ShippingMethodId>(SINCE), zoneId: way.zoneId, name: way.name, kind: way.kind },
    ...{ currency, steps: way.steps, createdAt: SINCE },
    freeFromMinor: (way.freeFromMinor ?? null) as Minor | null,
  };
}
