export type { Router } from 'express'
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
export type { Auth0ApiOptions } from './auth0-config.js'
export type { Auth0Context } from './auth0-request.js'
export { BodySizeError } from './body-stream.js'
export type { ClientCertificate } from './client-certificate.js'
export { type AddMethod, type AddOperation, createGate, type Gate, type GuardedHandler } from './gate.js'
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
} from './policy.js'
export type { Proof } from './proof.js'
export type { Replies, ReplyChecks } from './replies.js'
export type { ReplyError } from './reply-contract.js'
export { replyShapes, type Shape } from './reply-shape.js'
export { apiKey } from './schemes/api-key.js'
export { basic } from './schemes/basic.js'
export { type BearerOptions, bearer, type KeyOptions, type TokenOptions } from './schemes/bearer.js'
export { type HttpSchemeOptions, httpScheme } from './schemes/http-scheme.js'
export { type MutualTlsOptions, mutualTls } from './schemes/mutual-tls.js'
export { openIdConnect } from './schemes/open-id-connect.js'
export type { CertificateOptions, DpopOptions, NonceOptions, PossessionOptions } from './schemes/possession-options.js'
export type { PrincipalOptions } from './schemes/principal.js'
export type { Algorithm } from './tokens/algorithms.js'
export { type RedisClient, type RedisReplayStoreOptions, redisReplayStore } from './tokens/redis-replay-store.js'
export { type MemoryReplayStoreOptions, memoryReplayStore, type ReplayStore } from './tokens/replay-store.js'
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
