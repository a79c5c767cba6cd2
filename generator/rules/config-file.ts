import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nearest } from '../diagnostics/suggestion.js'
import { isObject } from '../load/targets.js'
import { type RuleSettings, readRuleSettings, UsageError } from './settings.js'

/** What a project's configuration file says, where the command line says nothing else. Paths are relative to `cwd`. */
export interface Configuration {
  readonly document?: string
  readonly out?: string
  readonly handlers?: string
  readonly root?: string
  readonly rules?: RuleSettings
}

const FILE = 'gatewright.config.json'
const MEMBER = 'gatewright'
const PATHS = ['document', 'out', 'handlers', 'root'] as const
const MEMBERS: readonly string[] = [...PATHS, 'rules']

/**
 * The configuration in `gatewright.config.json`, or under `gatewright` in `package.json`, of the folder `cwd`; none is
 * an empty one. Folders above are not looked at.
 * @throws {UsageError} naming the file, when there are two configurations, or one that holds what is not known.
 */
export function readConfiguration(cwd: string): Configuration {
  const own = readJson(cwd, FILE)
  const manifest = readJson(cwd, 'package.json')
  const member = isObject(manifest) && Object.hasOwn(manifest, MEMBER) ? manifest[MEMBER] : undefined
  if (own !== undefined && member !== undefined) {
    throw new UsageError(`${FILE} and "${MEMBER}" in package.json both hold a configuration: remove one of them`)
  }
  if (own !== undefined) return configurationOf(own, FILE)
  return member === undefined ? {} : configurationOf(member, `"${MEMBER}" in package.json`)
}

function readJson(cwd: string, name: string): unknown {
  let text: string
  try {
    text = readFileSync(join(cwd, name), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new UsageError(`${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function configurationOf(value: unknown, where: string): Configuration {
  if (!isObject(value)) throw new UsageError(`${where} must be an object`)
  // Editors find by it what the members mean.
  const { $schema: _, ...members } = value
  for (const name of Object.keys(members)) {
    if (MEMBERS.includes(name)) continue
    const near = nearest(name, MEMBERS)
    const meant = near === undefined ? `write one of ${MEMBERS.join(', ')}` : `did you mean ${near}?`
    throw new UsageError(`${where} holds ${JSON.stringify(name)}, which is not known: ${meant}`)
  }
  const paths = PATHS.flatMap((name): [string, string][] => {
    const path = members[name]
    if (path === undefined) return []
    if (typeof path === 'string' && path !== '') return [[name, path]]
    throw new UsageError(`"${name}" of ${where} must be a path`)
  })
  if (members.rules === undefined) return Object.fromEntries(paths)
  try {
    return { ...Object.fromEntries(paths), rules: readRuleSettings(members.rules) }
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${where}: ${error.message}`) : error
  }
}
