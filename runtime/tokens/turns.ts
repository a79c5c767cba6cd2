/** Lets so many go at a time; others wait for their turn, and so many at most. */
export interface Turns {
  /** Is there room, to go or to wait? */
  free(): boolean
  /** Resolves when it is one's turn, which {@link end} must end; rejects with the signal's reason. */
  begin(signal: AbortSignal): Promise<void>
  end(): void
}

export function turns(most: number, mostWaiting: number): Turns {
  let going = 0
  // In the order in which they came, and each can leave from its place.
  const waiting = new Set<() => void>()
  return {
    free: () => going < most || waiting.size < mostWaiting,
    begin(signal) {
      if (going < most) {
        going++
        return Promise.resolve()
      }
      return new Promise((resolve, reject) => {
        const leave = () => {
          waiting.delete(go)
          reject(signal.reason)
        }
        const go = () => {
          waiting.delete(go)
          signal.removeEventListener('abort', leave)
          resolve()
        }
        waiting.add(go)
        signal.addEventListener('abort', leave, { once: true })
        if (signal.aborted) leave()
      })
    },
    end() {
      const [next] = waiting
      // The turn is handed on, so that nobody who comes meanwhile can take it as well.
      if (next === undefined) going--
      else next()
    },
  }
}
