/** Asks in one call for all that is asked for in one turn of the event loop. */

/** Answers in the order of the questions. */
type AskAll<Question, Answer> = (questions: readonly Question[]) => Promise<readonly Answer[]>;

interface Asking<Question, Answer> {
  readonly questions: Question[];
  readonly answers: PromiseWithResolvers<Answer>[];
}

/** @param most at once; what is over it makes another call */
export function gathered<Question, Answer>(
  askAll: AskAll<Question, Answer>,
  most: number,
): (question: Question) => Promise<Answer> {
  let gathering: Asking<Question, Answer> | null = null;
  const send = async ({ questions, answers }: Asking<Question, Answer>): Promise<void> => {
    try {
      const all = await askAll(questions);
      for (const [at, { resolve, reject }] of answers.entries()) {
        const answer = all[at];
        if (answer === undefined) reject(new Error('a question was left without an answer'));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of answers) reject(error);
    }
  };
  const begin = (): Asking<Question, Answer> => {
    const begun: Asking<Question, Answer> = { questions: [], answers: [] };
    setImmediate(() => {
      if (gathering === begun) gathering = null;
      void send(begun);
    });
    return begun;
  };
  return (question) => {
    gathering ??= begin();
    const answer = Promise.withResolvers<Answer>();
    gathering.questions.push(question);
    gathering.answers.push(answer);
    if (gathering.questions.length >= most) gathering = null;
    return answer.promise;
  };
}
