/** `bun run bench read` and the others: measure, draw, judge. See --help. */

import { parseAlertsOptions } from './alerts/options.ts';
import { benchAlerts } from './alerts/run.ts';
import { parseCheckoutOptions } from './checkout/options.ts';
import { benchCheckout } from './checkout/run.ts';
import { runCommand } from './command.ts';
import { parseFaultsOptions } from './faults/options.ts';
import { benchFaults } from './faults/run.ts';
import { HELP, parseReadOptions } from './options.ts';
import { parseOverloadOptions } from './overload/options.ts';
import { benchOverload } from './overload/run.ts';
import { benchRead } from './read/run.ts';
import { parseSecurityOptions } from './security/options.ts';
import { benchSecurity } from './security/run.ts';
import { parseSoakOptions } from './soak/options.ts';
import { benchSoak } from './soak/run.ts';

await runCommand({
  help: HELP,
  choose: (args) => {
    if (args[0] === 'checkout') {
      const options = parseCheckoutOptions(args.slice(1));
      return options && ((signal) => benchCheckout(options, signal));
    }
    if (args[0] === 'faults') {
      const options = parseFaultsOptions(args.slice(1));
      return options && ((signal) => benchFaults(options, signal));
    }
    if (args[0] === 'overload') {
      const options = parseOverloadOptions(args.slice(1));
      return options && ((signal) => benchOverload(options, signal));
    }
    if (args[0] === 'security') {
      const options = parseSecurityOptions(args.slice(1));
      return options && ((signal) => benchSecurity(options, signal));
    }
    if (args[0] === 'alerts') {
      const options = parseAlertsOptions(args.slice(1));
      return options && ((signal) => benchAlerts(signal));
    }
    if (args[0] === 'soak') {
      const options = parseSoakOptions(args.slice(1));
      return options && ((signal) => benchSoak(options, signal));
    }
    const options = parseReadOptions(args);
    return options && ((signal) => benchRead(options, signal));
  },
});
