import { expect, test } from 'vitest'
import { turns } from '../../runtime/tokens/turns.js'

const PATIENT = new AbortController().signal

test('turns are handed on in the order in which they were asked for', async () => {
  const turn = turns(1, 2)
  const order: string[] = []
  await turn.begin(PATIENT)
  const waiting = ['a', 'b'].map(name => turn.begin(PATIENT).then(() => order.push(name)))
  expect(turn.free()).toBe(false)
  turn.end()
  await waiting[0]
  expect([order, turn.free()]).toEqual([['a'], true])
  turn.end()
  await Promise.all(waiting)
  expect(order).toEqual(['a', 'b'])
  turn.end()
  await turn.begin(PATIENT)
})

test('who gives up leaves the queue, and takes no turn of others', async () => {
  const turn = turns(1, 2)
  const impatient = new AbortController()
  await turn.begin(PATIENT)
  const gone = turn.begin(impatient.signal)
  const next = turn.begin(PATIENT)
  impatient.abort(new Error('enough'))
  await expect(gone).rejects.toThrow('enough')
  expect(turn.free()).toBe(true)
  turn.end()
  await next
  await expect(turn.begin(impatient.signal)).rejects.toThrow('enough')
})
