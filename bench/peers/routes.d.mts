export declare const SCOPE: string
export declare const NAMES: readonly string[]
export declare function documentOf(issuer: string): object
