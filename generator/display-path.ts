import { basename, isAbsolute, relative, sep } from 'node:path'

/** A path as people and headers name it: relative to `cwd`, with `/`; the file's name alone where that cannot be. */
export function displayPath(cwd: string, path: string): string {
  const local = relative(cwd, path)
  return isAbsolute(local) ? basename(path) : local.split(sep).join('/')
}
