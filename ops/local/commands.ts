/** Short commands of the operating system, with their output and a time limit. */

import { delimiter, join } from 'node:path';

export interface CommandOptions {
  readonly timeoutMs?: number;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandResult {
  readonly succeeded: boolean;
  /** Standard output and standard error, in that order. */
  readonly output: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;

export async function runCommand(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  try {
    const child = Bun.spawn([...command], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      env: { ...process.env, ...options.environment },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { succeeded: (await child.exited) === 0, output: `${stdout}${stderr}`.trim() };
  } catch (error) {
    return { succeeded: false, output: error instanceof Error ? error.message : String(error) };
  }
}

/** As {@link runCommand}, but a failure is an error that carries the command's last words. */
export async function mustRun(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { succeeded, output } = await runCommand(command, options);
  if (succeeded) return output;
  throw new Error(`'${command.join(' ')}' failed: ${output.split('\n').slice(-8).join('\n')}`);
}

const USUAL_FOLDERS = ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin'];

/** The program's path, from the PATH or from where packages put it; null if it is on neither. */
export function findProgram(name: string): string | null {
  const searched = [...(process.env['PATH'] ?? '').split(delimiter), ...USUAL_FOLDERS];
  const found = Bun.which(name, { PATH: searched.join(delimiter), cwd: join('/') });
  return found;
}
