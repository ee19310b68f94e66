/** Paths that servers are often found to answer though nobody meant them to. */

const COMMON =
  'admin administrator console debug actuator env config settings setup install phpinfo.php wp-admin wp-login.php ' +
  '.git/config .git/HEAD .env .env.local .svn/entries .DS_Store .htaccess .npmrc .aws/credentials .ssh/id_rsa ' +
  '.well-known/security.txt .well-known/openid-configuration robots.txt sitemap.xml crossdomain.xml package.json ' +
  'bun.lock tsconfig.json Dockerfile compose.yaml backup backup.sql dump.sql secrets.json .local/secrets.json ' +
  '.local/running.json node_modules origin edge workers lib db ops main.ts app.ts graphql graphiql rpc soap ws ' +
  'websocket metrics readyz status _status server-status server-info nginx_status debug/pprof debug/vars heapdump ' +
  'trace cgi-bin/test.cgi uploads files download public static users orders carts payments webhooks internal private ' +
  'test dev staging old tmp api api/v2 v1 auth oauth/token token keys audit-log outbox inbox dead-letters revocations ' +
  'migrations seed _double/ledger _double/health __edge/purge __edge __debug exec eval shell proxy redirect fetch url ' +
  'callback manager/html jmx-console kibana grafana prometheus vault phpmyadmin adminer.php _search varz connz';

const TRAVERSALS = ['../', '..%2f', '%2e%2e/', '..%252f', '....//', '%c0%ae%c0%ae/', '..%5c'];
const FILES = ['etc/passwd', 'proc/self/environ', '.local/secrets.json', 'package.json'];
const PREFIXES = ['', 'api/', 'api/v1/'];
const ENDINGS = ['', '/', '~', '.bak', '.json', '%00', '..;/'];
const DEPTHS = [1, 3, 6];

export function guessedPaths(): readonly string[] {
  const names = COMMON.split(' ').flatMap((name) =>
    PREFIXES.flatMap((prefix) => ENDINGS.map((ending) => `${prefix}${name}${ending}`)),
  );
  const outside = TRAVERSALS.flatMap((step) =>
    DEPTHS.flatMap((depth) =>
      ['', 'media/', 'docs/assets/'].flatMap((start) =>
        FILES.map((file) => `${start}${step.repeat(depth)}${file}`),
      ),
    ),
  );
  return [...new Set([...names, ...outside])];
}
