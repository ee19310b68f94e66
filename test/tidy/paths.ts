/** Small questions about paths and texts that the rules share. */

export function matches(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => new Bun.Glob(glob).match(path));
}

export function topFolder(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** `./` and `../` steps resolved; null when the path leaves the repository. */
export function joinPath(folder: string, relative: string): string | null {
  const parts = folder === '' ? [] : folder.split('/');
  for (const step of relative.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') parts.push(step);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}
