/**
 * Work that would hold requests up, done in a process of its own that lives as long as this one: it is begun with the
 * first call, and again after it has ended. It is given no secrets.
 */

import { withDeadline } from '#lib/deadline.ts';
import { AppError } from '#lib/problems.ts';

/** What is sent to the process. */
export interface Question<Asked> {
  readonly id: number;
  readonly asked: Asked;
}

export interface Reply<Answered> {
  readonly id: number;
  /** Null when the work could not be done. */
  readonly answered: Answered | null;
}

interface Program {
  /** The path of the program, which stands in the folder that it may read. */
  readonly program: string;
  readonly folder: string;
  readonly deadlineMs: number;
}

interface Working<Answered> {
  readonly child: Bun.Subprocess;
  readonly waiting: Map<number, PromiseWithResolvers<Answered | null>>;
}

/** The function that it returns throws `unavailable` when the process ends or takes too long. */
export function createOwnProcess<Asked, Answered>({ program, folder, deadlineMs }: Program) {
  let working: Working<Answered> | null = null;
  let lastId = 0;
  /** The next call starts another. */
  const forget = (child: Bun.Subprocess) => {
    if (working?.child === child) working = null;
  };
  const start = (): Working<Answered> => {
    const waiting: Working<Answered>['waiting'] = new Map();
    const child = Bun.spawn([process.execPath, '--no-env-file', '--no-install', program], {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'inherit'],
      ipc: ({ id, answered }: Reply<Answered>) => waiting.get(id)?.resolve(answered),
      onExit: () => {
        forget(child);
        for (const { reject } of waiting.values()) reject(new AppError('unavailable'));
      },
    });
    child.unref();
    return { child, waiting };
  };
  return async (asked: Asked): Promise<Answered | null> => {
    working ??= start();
    const { child, waiting } = working;
    lastId += 1;
    const id = lastId;
    const done = Promise.withResolvers<Answered | null>();
    // A process that has ended takes no work, and then nobody waits for this.
    done.promise.catch(() => {});
    waiting.set(id, done);
    try {
      child.send({ id, asked } satisfies Question<Asked>);
      return await withDeadline(done.promise, deadlineMs, () => {
        forget(child);
        child.kill('SIGKILL');
        throw new AppError('unavailable');
      });
    } finally {
      waiting.delete(id);
    }
  };
}

/** The other side: answers each question, one after the other or at once, and ends with whoever asks. */
export function answerQuestions<Asked, Answered>(work: (asked: Asked) => Promise<Answered>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, asked }: Question<Asked>) => {
    void work(asked)
      .catch(() => null)
      .then((answered) => process.send?.({ id, answered } satisfies Reply<Answered>));
  });
}
