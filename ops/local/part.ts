/** A part of the stack: one process that is started, watched and stopped. */

export interface Part {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Stands in the command line of this part's process and of no other one on the machine. */
  readonly marker: string;
  /** Asks for a graceful end... */
  readonly stopSignal: NodeJS.Signals;
  /** ...and this one ends it at once. */
  readonly killSignal: NodeJS.Signals;
  /** Where it can: has it replace what it runs, and serve all the while. */
  readonly renewSignal?: NodeJS.Signals;
  readonly readyDeadlineMs: number;
  /** True once the part serves; false or an error while it does not. */
  isReady(): Promise<boolean>;
  /**
   * Whether the process still does its work, whatever it depends on; a part that no longer does is restarted.
   * Absent where the end of the process is the only sign.
   */
  isLive?(): Promise<boolean>;
}
