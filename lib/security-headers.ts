/** What every answer tells a browser, whoever gives it. Pages and pictures say otherwise where they must. */

/** An answer that is data: were it ever shown as a page, it could load, run and submit nothing, nor be framed. */
const DATA_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** Nothing here needs any of them. */
const PERMISSIONS_POLICY = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'magnetometer'],
  ...['microphone', 'midi', 'payment', 'usb'],
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/** Of pictures, shown by storefronts of other sites; everything else is for its own origin, or asked for by CORS. */
export const FOR_ALL_SITES = 'cross-origin';

export const SECURITY_HEADERS = {
  'content-security-policy': DATA_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': PERMISSIONS_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const NAMES_AND_VALUES = Object.entries(SECURITY_HEADERS);

/** Sets those that the answer does not have of itself. */
export function secure(headers: Headers): void {
  for (const [name, value] of NAMES_AND_VALUES) if (!headers.has(name)) headers.set(name, value);
}
