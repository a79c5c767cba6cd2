import { Agent, request } from 'node:http'

/** One who asks again and again, in one way. */
export interface Caller {
  readonly name: string
  readonly path: string
  /** Another one for each request. */
  next(n: number): Sent | Promise<Sent>
}

export interface Sent {
  readonly headers: Readonly<Record<string, string>>
  /** Who the handler must find behind them. */
  readonly sub?: string
}

/** Caller → the statuses that are right. */
export type Rules = Readonly<Record<string, readonly number[]>>

export interface Load {
  /** From now on. A request that is under way may be answered by the old rules or the new. */
  expect(rules: Rules): void
  /** Resolves when each caller, at each server, has begun and ended so many requests from now. */
  rounds(count: number): Promise<void>
  stop(): Promise<void>
  /** What was answered otherwise than by the rules, each with its count. Who got somebody else's answer is among them. */
  readonly wrong: ReadonlyMap<string, number>
  /** `caller status` → how often. */
  readonly answers: ReadonlyMap<string, number>
}

/** Requests without pause, of every caller at every server, on connections that are kept. */
export function startLoad(origins: readonly string[], callers: readonly Caller[], rules: Rules): Load {
  const agent = new Agent({ keepAlive: true })
  const stages = [rules]
  const wrong = new Map<string, number>()
  const answers = new Map<string, number>()
  const waiting = new Set<() => void>()
  const ended = origins.map(() => callers.map(() => 0))
  let going = true

  async function call(origin: string, caller: Caller, n: number): Promise<void> {
    const stage = stages.length - 1
    const sent = await caller.next(n)
    const { status, sub } = await ask(origin + caller.path, sent.headers, agent)
    count(answers, `${caller.name} ${status}`)
    const right = stages.slice(stage).some(one => one[caller.name]?.includes(status as number))
    if (!right) count(wrong, `${caller.name}: ${status}`)
    if (status === 200 && sub !== sent.sub) count(wrong, `${caller.name}: taken for ${sub}`)
  }

  const loops = origins.flatMap((origin, server) =>
    callers.map(async (caller, index) => {
      for (let n = 0; going; n++) {
        await call(origin, caller, n)
        const counts = ended[server] as number[]
        counts[index] = n + 1
        for (const wake of waiting) wake()
      }
    }),
  )

  return {
    wrong,
    answers,
    expect: next => void stages.push(next),
    async rounds(rounds) {
      // The one that is under way began before.
      const enough = ended.map(counts => counts.map(one => one + rounds + 1))
      const reached = () => ended.every((counts, s) => counts.every((one, c) => one >= (enough[s]?.[c] ?? 0)))
      let wake = () => {}
      const reachedLater = new Promise<void>(resolve => {
        wake = () => reached() && resolve()
      })
      waiting.add(wake)
      await Promise.race([reachedLater, Promise.all(loops)])
      waiting.delete(wake)
    },
    async stop() {
      going = false
      await Promise.all(loops)
      agent.destroy()
    },
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

interface Told {
  /** Or why there is none. */
  readonly status: number | string
  readonly sub?: unknown
}

function ask(url: string, headers: Readonly<Record<string, string>>, agent: Agent): Promise<Told> {
  return new Promise(resolve => {
    const sent = request(url, { headers, agent }, async response => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      const status = response.statusCode ?? 0
      resolve({ status, ...(status === 200 && { sub: (JSON.parse(text) as { sub?: unknown }).sub }) })
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve({ status: error.code ?? error.message }))
    sent.end()
  })
}
