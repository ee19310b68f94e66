declare module 'spdx-satisfies' {
  /** Whether an SPDX expression is met by licences of the list. Throws for what is no expression. */
  function satisfies(expression: string, approved: readonly string[]): boolean;
  export = satisfies;
}
