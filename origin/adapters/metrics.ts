/** The metrics of one process: the registry, and what Bun and the system tell of the process itself. */

import { X509Certificate } from 'node:crypto';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { SECOND_MS } from '#lib/clock.ts';
import { createRegistry } from '#lib/metric-registry.ts';
import type { Metrics } from '#lib/metrics.ts';

const MICROSECONDS = 1_000_000;

export function createMetrics(): Metrics {
  const metrics = createRegistry();
  let countedCpu = 0;
  metrics.gauge('process_start_time_seconds', {}, Date.now() / SECOND_MS - process.uptime());
  metrics.onExpose(() => {
    const { user, system } = process.cpuUsage();
    const cpu = (user + system) / MICROSECONDS;
    metrics.count('process_cpu_seconds_total', {}, cpu - countedCpu);
    countedCpu = cpu;
    const { rss, heapUsed, heapTotal } = process.memoryUsage();
    metrics.gauge('process_resident_memory_bytes', {}, rss);
    metrics.gauge('nodejs_heap_size_used_bytes', {}, heapUsed);
    metrics.gauge('nodejs_heap_size_total_bytes', {}, heapTotal);
  });
  metrics.onExpose(async () => {
    const { bavail, blocks, bsize } = await statfs('.');
    metrics.gauge('filesystem_avail_bytes', {}, bavail * bsize);
    metrics.gauge('filesystem_size_bytes', {}, blocks * bsize);
  });
  // Where there is no /proc, as on macOS, these two are left out.
  metrics.onExpose(async () => {
    metrics.gauge('process_open_fds', {}, (await readdir('/proc/self/fd')).length);
    const limit = /^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8'))?.[1];
    if (limit !== undefined) metrics.gauge('process_max_fds', {}, Number(limit));
  });
  return metrics;
}

/** @param certificate what it is for */
export function reportCertificate(metrics: Metrics, certificate: string, pem: string): void {
  const notAfter = new X509Certificate(pem).validToDate.getTime() / SECOND_MS;
  metrics.gauge('tls_certificate_not_after_timestamp_seconds', { certificate }, notAfter);
}
