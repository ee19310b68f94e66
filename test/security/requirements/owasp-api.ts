/** OWASP API Security Top 10 (2023): https://owasp.org/API-Security/editions/2023/en/0x11-t10/ */

import { held, integration, origin, type Requirement, security } from './requirement.ts';

export const OWASP_API: readonly Requirement[] = [
  held(
    'API1:2023',
    'Objects are for whom they belong to (broken object level authorization)',
    security(
      'operation-access',
      'what is somebody else’s is not there, by every operation and for everybody: as if it did not exist',
    ),
    security('operation-access', 'what is somebody else’s is not there by its id in a body either'),
  ),
  held(
    'API2:2023',
    'Nobody passes for somebody else (broken authentication)',
    security('access-tokens', 'a token is worth nothing'),
    security('refresh-tokens', 'a stolen refresh token'),
    security(
      'limits',
      'that fails from many addresses makes strangers wait, longer each time; who has an account there or not',
    ),
    security('second-factor', 'the password alone does not log in, a code does'),
  ),
  held(
    'API3:2023',
    'Fields are read and written by whom they are for (broken object property level authorization)',
    security('mass-assignment', 'whatever else says one of them is refused, and changes nothing'),
    origin('sales', 'nothing else of the shopper is told: no email, no total, no payment'),
  ),
  held(
    'API4:2023',
    'Nobody uses up what all need (unrestricted resource consumption)',
    security(
      'limits',
      'has so many requests a minute, exactly, at however many processes they arrive at once',
    ),
    origin('http', 'of exactly 1 MiB is read; one byte more is refused'),
    origin('lists', 'are of twenty if nobody says otherwise, and of a hundred at most'),
    origin('password-load', 'no more than so many hash at the same time'),
  ),
  held(
    'API5:2023',
    'Functions are for the roles that they are for (broken function level authorization)',
    security(
      'operation-access',
      'an operation that needs a permission refuses whoever lacks it, before it looks at what they send',
    ),
    security('origin-access', 'that declares its access, or is known to be no part of the API, is let in'),
  ),
  held(
    'API6:2023',
    'What is worth automating is slowed (unrestricted access to sensitive business flows)',
    security('limits', 'checkouts have a budget of their own: of a user, and of guests from one network'),
    security('limits', 'accounts cannot be opened in masses from one address'),
    origin(
      'flash-sale',
      'sells exactly what there is; everybody else hears that it is sold out, and nobody is left without an answer',
    ),
  ),
  held(
    'API7:2023',
    'What somebody names is reached on the Internet alone, by a checked address (server side request forgery); addresses of pictures are kept, not read',
    integration('origin/outbound', 'after the check has no second look-up to do it in'),
    integration('origin/outbound', 'follows no redirect'),
    integration('import/bad-rows', 'an image without a web address costs that image only'),
  ),
  held(
    'API8:2023',
    'Nothing is open by its configuration (security misconfiguration)',
    security('origin-headers', 'every route’s answer, and every refusal, holds browsers to the rules'),
    security('edge-border', 'is nowhere known where none is configured, and answers do not depend on it'),
    security('tls', 'the origin with a certificate speaks TLS 1.3 and nothing else'),
    integration('db/roles', 'nobody changes the schema or leaves their role'),
  ),
  held(
    'API9:2023',
    'Every operation is known (improper inventory management)',
    ['test/contract/openapi.test.ts', 'every route of the API is documented, and nothing else is'],
    integration('edge/forwarding', 'that no route declares do not reach the origin'),
  ),
  held(
    'API10:2023',
    'Others’ answers are not believed more than they must be (unsafe consumption of APIs)',
    origin('payments-webhooks', 'a webhook is refused with 400 and changes nothing'),
    origin('payments-webhooks', 'a webhook that is replayed within its time changes nothing more'),
    origin(
      'payments-trouble',
      'an open circuit answers at once without a call to Stripe, and reserves nothing',
    ),
  ),
];
