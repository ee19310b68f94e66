/** Every way in which locations and what they send could come apart, and the checks that must see it. */

import { MAIN } from '#test/support/locations.ts';
import type { Breach } from './breaches-of-books.ts';

export const LOCATION_BREACHES: readonly Breach[] = [
  {
    what: 'a location with less than nothing',
    seenBy: ['location-stock-by-ledger', 'location-stock-in-range', 'on-hand-by-locations'],
    rows: (sql, { location }) => sql`update location_stock set on_hand = -1 where location_id = ${location}`,
  },
  {
    what: 'a location that is out of use and has something',
    seenBy: ['location-stock-in-range'],
    rows: (sql, { location }) => sql`update stock_locations set active = false where id = ${location}`,
  },
  {
    what: 'a default location with less than nothing',
    seenBy: ['location-stock-in-range', 'on-hand-by-locations'],
    rows: (sql, { spare }) => sql`update inventory set elsewhere = on_hand + 1 where variant_id = ${spare}`,
  },
  {
    what: 'a unit that lies at a location and is counted at the default one, too',
    seenBy: ['on-hand-by-locations'],
    rows: (sql, { location }) =>
      sql`update inventory set elsewhere = elsewhere - 1
           where variant_id in (select variant_id from location_stock where location_id = ${location})`,
  },
  {
    what: 'a unit that came to a location and is not there',
    seenBy: ['location-stock-by-ledger'],
    rows: (sql, { location, spare }) =>
      sql`insert into location_ledger (variant_id, location_id, movement, delta)
          values (${spare}, ${location}, 'receipt', 1)`,
  },
  {
    what: 'a transfer that came from nowhere',
    seenBy: ['moves-balance'],
    rows: (sql) => sql`delete from location_ledger where movement = 'transfer' and location_id = ${MAIN}`,
  },
  {
    what: 'a line of which fewer units are sent than were sold',
    seenBy: ['allocated-is-sold'],
    rows: (sql, { paid }) => sql`update order_allocations set quantity = 1 where order_id = ${paid}`,
  },
  {
    what: 'a line that is sent by a location whose shelf it was not taken from',
    seenBy: ['parcels-as-allocated', 'taken-where-allocated'],
    rows: (sql, { sent }) => sql`update order_allocations set location_id = ${MAIN} where order_id = ${sent}`,
  },
  {
    what: 'a parcel that leaves from a location that is to send nothing of it',
    seenBy: ['parcels-as-allocated'],
    rows: (sql, { parcel }) => sql`update shipments set location_id = ${MAIN} where id = ${parcel}`,
  },
];
