import { Worker } from 'node:worker_threads'
import { judge, type Task, type Verdict } from './judgement.js'

/** That the generator has ended, then what is to be said of it. */
export type Answer = { readonly ended: true } | { readonly verdict: Verdict }

const answer = (one: Answer) => process.send?.(one)

/** Seconds of the processor's that are left to the generator, by the environment. */
const SECONDS = Number(process.env.FUZZ_SECONDS)

// Time on the clock would tell how busy the machine is. A thread of its own sees what a busy one cannot.
const started = new Float64Array(new SharedArrayBuffer(8))
new Worker(
  `const { workerData: { started, seconds } } = require('node:worker_threads')
   setInterval(() => {
     const { user } = process.cpuUsage()
     if (started[0] > 0 && user / 1e6 - started[0] > seconds) process.kill(process.pid, 'SIGXCPU')
   }, 200)`,
  { eval: true, execArgv: [], workerData: { started, seconds: SECONDS } },
).unref()

// One mutant after the other; whoever asks ends this process when it takes too long.
process.on('message', (task: Task) => {
  started[0] = process.cpuUsage().user / 1e6
  const onEnd = () => {
    started[0] = 0
    answer({ ended: true })
  }
  judge(task, onEnd).then(
    verdict => answer({ verdict }),
    (error: unknown) => {
      const faults = [`thrown while it was looked at: ${error instanceof Error ? error.stack : String(error)}`]
      answer({ verdict: { outcome: 'written', codes: [], faults, remarks: [], operations: 0 } })
    },
  )
})
