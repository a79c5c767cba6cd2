import { discoveryAt, OAUTH_METADATA, OPENID_CONFIGURATION } from '../tokens/discovery.js'
import { issuerUrlFault } from '../tokens/issuer-url.js'
import { ConfigurationError, type DiscoveredVerifier, type Token, type Verifier } from '../verifier.js'
import { discoveredBearer, type TokenOptions } from './bearer.js'
import { refuseUnknownOptions } from './options.js'
import { issuerSettings, TOKEN_OPTIONS, verifierSettings } from './token-options.js'

/**
 * {@link bearer} for a security scheme of type `openIdConnect`, or `oauth2` with an `oauth2MetadataUrl`: the issuer is
 * the one whose discovery or metadata document the OpenAPI document names, and the two must name each other (OpenID
 * Connect Discovery section 4.3, RFC 8414 section 3.3).
 *
 * Access tokens only: an ID token proves who signed in somewhere, not that this API may be called.
 * @throws {ConfigurationError} at once, as `bearer()` does.
 * @example openIdConnect({ audience: 'https://api.example' })
 */
export function openIdConnect<Claims extends Token = Token>(options: TokenOptions): DiscoveredVerifier<Claims> {
  refuseUnknownOptions('openIdConnect()', options, TOKEN_OPTIONS)
  const where = 'openIdConnect()'
  const settings = { ...issuerSettings(where, options), ...verifierSettings(where, options) }
  return {
    kind: 'openIdConnect',
    at(url) {
      const fault = issuerUrlFault(url)
      if (fault !== undefined) {
        throw new ConfigurationError(`openIdConnect(): the document's URL of the issuer's metadata ${fault}`)
      }
      const discovery = discoveryAt(url)
      if (discovery === undefined) {
        throw new ConfigurationError(
          `openIdConnect(): the document's URL must end in ${OPENID_CONFIGURATION}, or hold ${OAUTH_METADATA} after the host: ${JSON.stringify(url)}`,
        )
      }
      return discoveredBearer(discovery, settings) as Verifier<Claims>
    },
  }
}
