import { Writable } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { run } from '../../generator/cli.js'
import { workspace } from './workspace.js'

const WRONG = 'openapi: 3.1.0\ninfo: { title: Wrong, version: "1" }\npaths: []\n'
const RIGHT = 'openapi: 3.1.0\ninfo: { title: Right, version: "1" }\npaths: {}\n'

/** Standard error as a terminal has it, and what was written there. */
async function onTerminal(document: string, isTTY = true): Promise<string> {
  const work = workspace({ 'openapi.yaml': document })
  let text = ''
  const stream = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        text += chunk
        done()
      },
    }),
    { isTTY },
  )
  await run(['generate', 'openapi.yaml'], {
    stdout: new Writable({ write: (_c, _e, done) => done() }),
    stderr: stream,
    cwd: work.folder,
  })
  return text
}

const ESCAPE = '\u001b['

describe('on a terminal', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  test('faults are coloured, unless NO_COLOR says not to', async () => {
    vi.stubEnv('NO_COLOR', undefined)
    expect(await onTerminal(WRONG)).toContain(ESCAPE)
    vi.stubEnv('NO_COLOR', '1')
    expect(await onTerminal(WRONG)).not.toContain(ESCAPE)
    vi.stubEnv('NO_COLOR', undefined)
    expect(await onTerminal(WRONG, false)).not.toContain(ESCAPE)
  })

  test('what takes longer than a second says what it is at, and leaves nothing behind', async () => {
    let now = 0
    vi.spyOn(Date, 'now').mockImplementation(() => {
      now += 600
      return now
    })
    const text = await onTerminal(RIGHT)
    expect(text).toContain('openapi.yaml: emitting …')
    expect(text.endsWith(`\r${ESCAPE}K`)).toBe(true)
    expect(await onTerminal(RIGHT, false)).toBe('')
  })

  test('what is quick says nothing', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(0)
    expect(await onTerminal(RIGHT)).toBe('')
  })
})
