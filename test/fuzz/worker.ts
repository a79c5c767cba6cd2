import { judge, type Task, type Verdict } from './judgement.js'

/** That the generator has ended, then what is to be said of it. */
export type Answer = { readonly ended: true } | { readonly verdict: Verdict }

const answer = (one: Answer) => process.send?.(one)

// One mutant after the other; whoever asks ends this process when it takes too long.
process.on('message', (task: Task) => {
  judge(task, () => answer({ ended: true })).then(
    verdict => answer({ verdict }),
    (error: unknown) => {
      const faults = [`thrown while it was looked at: ${error instanceof Error ? error.stack : String(error)}`]
      answer({ verdict: { outcome: 'written', codes: [], faults, remarks: [], operations: 0 } })
    },
  )
})
