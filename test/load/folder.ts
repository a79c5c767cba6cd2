import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { formatText } from '../../generator/diagnostics/formats.js'
import { load } from '../../generator/load/load.js'

/** A folder with these files, for the length of a test. */
export function folder(files: Record<string, string | Uint8Array | object>): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'gatewright-load-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    const raw = typeof content === 'string' || content instanceof Uint8Array
    writeFileSync(join(path, name), raw ? content : JSON.stringify(content, null, 2))
  }
  return path
}

/** The document that `files` make, its entry `openapi.yaml`, or what is wrong with it as a person reads it. */
export async function loaded(files: Record<string, string | Uint8Array | object>, entry = 'openapi.yaml') {
  const cwd = folder(files)
  const { document, sources, diagnostics } = await load(join(cwd, entry))
  return {
    root: document?.root,
    document,
    sources,
    diagnostics,
    codes: diagnostics.map(({ code }) => code),
    text: formatText(diagnostics, sources, { cwd }),
    cwd,
  }
}

/** A sound document, with these members instead of its own. */
export function openapi(members: object, version = '3.1.0'): object {
  return { openapi: version, info: { title: 'T', version: '1' }, paths: {}, ...members }
}
