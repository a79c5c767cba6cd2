const NAME = /^\w{1,64}$/

/** The code or the name of what was thrown. Its message is left out: it is not ours, and may quote a credential. */
export function thrownName(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'something else than an error'
    const { code, name } = error as Error & { readonly code?: unknown }
    const known = [code, name].find(one => typeof one === 'string' && NAME.test(one))
    return known === undefined ? 'an error' : String(known)
  } catch {
    // Its members may be getters that throw in their turn.
    return 'an error'
  }
}
