export { type ActClaim, getCurrentActor, getDelegationChain, InvalidRequestError } from './actor.js'
export {
  auth0,
  type ClaimAuthOptions,
  type ClaimCheckFunction,
  claimCheck,
  claimEquals,
  claimIncludes,
  createAuth0Api,
  type JSONPrimitive,
  type RequiresAuthOptions,
  requiresAuth,
  type ScopesIncludeOptions,
  scopesInclude,
} from './auth0.js'
export {
  type Auth0Client,
  MissingClientAuthError,
  type OnBehalfOfTokenOptions,
  type OnBehalfOfTokenResult,
} from './auth0-client.js'
export type { Auth0ApiOptions } from './auth0-config.js'
export type { Auth0Context } from './auth0-request.js'
export { BodySizeError } from './body-stream.js'
export type { ClientCertificate } from './client-certificate.js'
export type { CrossSiteOptions } from './cross-site.js'
export {
  type AddMethod,
  type AddOperation,
  createGate,
  type Gate,
  type GuardedHandler,
  type GuardedRouter as Router,
} from './gate.js'
export type { Check, Decided, GateOptions, MultipartOptions, ReplyFault } from './gate-options.js'
export {
  type BodyForm,
  type Context,
  type Handler,
  type NotImplemented,
  notImplemented,
  type Reply,
  type Result,
} from './handler.js'
export { type ListenerOptions, listener } from './listener.js'
export type {
  CheckRule,
  ClaimDemands,
  ClaimRule,
  JsonPrimitive,
  Policies,
  Policy,
  ScopeDemand,
  SecurityAlternative,
  SecurityScheme,
  SecuritySchemes,
  StepUpDemand,
} from './policy.js'
export type { Proof } from './proof.js'
export { redactedUrl } from './redacted-url.js'
export type { Replies, ReplyChecks } from './replies.js'
export type { ReplyError } from './reply-contract.js'
export { replyShapes, type Shape } from './reply-shape.js'
export type { ResourceMetadataOptions } from './resource-metadata.js'
export { apiKey } from './schemes/api-key.js'
export { type BasicOptions, basic } from './schemes/basic.js'
export {
  type BearerOptions,
  bearer,
  type CacheOptions,
  type IssuerOptions,
  type IssuersOptions,
  type KeyOptions,
  type TokenOptions,
} from './schemes/bearer.js'
export { type HttpSchemeOptions, httpScheme } from './schemes/http-scheme.js'
export { type IntrospectionCacheOptions, type IntrospectionOptions, introspection } from './schemes/introspection.js'
export { type MutualTlsOptions, mutualTls } from './schemes/mutual-tls.js'
export { openIdConnect } from './schemes/open-id-connect.js'
export type { CertificateOptions, DpopOptions, NonceOptions, PossessionOptions } from './schemes/possession-options.js'
export type { PrincipalOptions } from './schemes/principal.js'
export { type DigestOptions, type Digests, keysByDigest, secretsEqual, usersByDigest } from './schemes/secrets.js'
export type { OpenTelemetryApi } from './telemetry.js'
export {
  type ExchangeToken,
  type TokenExchangeCause,
  TokenExchangeError,
  type TokenExchangeOptions,
  type TokenExchangeRequest,
  tokenExchange,
} from './token-exchange.js'
export type { Algorithm, SymmetricAlgorithm } from './tokens/algorithms.js'
export type { Client, KeyClient, SecretClient } from './tokens/client-authentication.js'
export { type RedisClient, type RedisReplayStoreOptions, redisReplayStore } from './tokens/redis-replay-store.js'
export { type MemoryReplayStoreOptions, memoryReplayStore, type ReplayStore } from './tokens/replay-store.js'
export type { IssuedToken } from './tokens/token-endpoint.js'
export type { UploadedFile } from './uploaded-files.js'
export { type OperationValidator, schemaFunctions } from './validator.js'
export {
  type CertificateVerifier,
  ConfigurationError,
  type Credential,
  type CredentialKind,
  type CredentialOf,
  type Denial,
  type DenialCode,
  type DiscoveredVerifier,
  deny,
  type HttpVerifier,
  type Principals,
  type Token,
  type TokenType,
  type Verification,
  type Verified,
  type Verifier,
} from './verifier.js'
