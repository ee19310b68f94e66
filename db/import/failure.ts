/** What went wrong, for whoever runs an import or an export. */

/** The innermost cause says what happened; the outer ones repeat the statement with all its values. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return describeFailure(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED' || code === 'CONNECT_TIMEOUT') return 'the database does not answer';
  return error.message || code;
}
