const NAME = /^\w{1,64}$/

/** The code or the name of what was thrown. Its message is left out: it is not ours, and may quote a credential. */
export function thrownName(error: unknown): string {
  if (!(error instanceof Error)) return 'something else than an error'
  const { code, name } = error as Error & { readonly code?: unknown }
  return ([code, name].find(one => typeof one === 'string' && NAME.test(one)) as string | undefined) ?? 'an error'
}
