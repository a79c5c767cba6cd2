// Its entry loads a linter and a bundler, which take longer than the types of most documents.
declare module 'openapi-typescript/dist/lib/ts.cjs' {
  export { astToString } from 'openapi-typescript'
}
declare module 'openapi-typescript/dist/transform/index.cjs' {
  export { transformSchema as default } from 'openapi-typescript'
}
