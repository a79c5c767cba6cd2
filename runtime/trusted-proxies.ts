import { BlockList, isIP, isIPv4 } from 'node:net'
import { ConfigurationError } from './verifier.js'

/** Is the peer at this address a proxy whose word is taken? */
export type IsTrusted = (address: string | undefined) => boolean

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i

/**
 * Reads a list of addresses (`192.0.2.7`, `2001:db8::7`) and networks (`10.0.0.0/8`, `fd00::/8`).
 * @throws {ConfigurationError} naming the entry that is neither, or that is everybody.
 */
export function trustedProxies(where: string, entries: readonly string[] | undefined): IsTrusted {
  if (entries === undefined) return () => false
  if (!Array.isArray(entries)) throw new ConfigurationError(`${where}: 'trustedProxies' must be a list of addresses`)
  const networks = new BlockList()
  for (const entry of entries) {
    const network = typeof entry === 'string' ? networkOf(entry) : undefined
    if (network === undefined) {
      throw new ConfigurationError(
        `${where}: 'trustedProxies' holds ${JSON.stringify(entry)}; write an address or a network smaller than all of them, like '10.0.0.7', '10.0.0.0/8' or 'fd00::/8'`,
      )
    }
    networks.addSubnet(network.address, network.prefix, network.family)
  }
  return address => {
    // A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.7. What has no address (a Unix domain socket, a peer that
    // is gone) is nobody, and one with a zone (fe80::1%eth0) is another host on each interface.
    const plain = address?.replace(MAPPED, '') ?? ''
    const version = plain.includes('%') ? 0 : isIP(plain)
    return version !== 0 && networks.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

function networkOf(entry: string): Network | undefined {
  const [, address = '', digits] = /^([^/%]+)(?:\/([1-9]\d{0,2}))?$/.exec(entry) ?? []
  const family = isIP(address) === 0 ? undefined : isIPv4(address) ? 'ipv4' : 'ipv6'
  // Peers are compared as what they are: an IPv4 network in the dress of IPv6 would match none of them.
  if (family === undefined || /^::ffff:/i.test(address)) return undefined
  const bits = family === 'ipv4' ? 32 : 128
  const prefix = digits === undefined ? bits : Number(digits)
  return prefix <= bits ? { address, prefix, family } : undefined
}
