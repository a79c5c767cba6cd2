import 'dotenv/config'
import { developmentIssuer, printCalls } from '../../development.js'

// The quickstart's server reads the environment as soon as it is loaded: the issuer must be there before it.
const issuer = await developmentIssuer()
await import('./server.js' as string)
if (issuer) await printCalls(`http://localhost:${process.env.PORT || 3001}`, issuer)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
