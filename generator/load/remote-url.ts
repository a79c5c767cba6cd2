import { BlockList, isIP } from 'node:net'

/** A file of the document that stands on another machine is known by its URL. */
export function isRemote(file: string): boolean {
  return /^https?:\/\//i.test(file)
}

/** May it be asked for at all, whoever allows it? `http` only where nobody listens in between. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/**
 * An origin as an option names it: `https://schemas.example`, or `http:` on loopback.
 * @throws {TypeError} when it is none.
 */
export function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin = url !== undefined && isSecure(url) && (text === url.origin || text === `${url.origin}/`)
  // A star would be taken for a pattern.
  if (!isOrigin || url.hostname.includes('*'))
    throw new TypeError(`${JSON.stringify(text)} is no origin such as https://schemas.example`)
  return url.origin
}

/** The address of a machine that anybody can reach; not one of this machine or of a network behind it. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !reserved4.check(address, 'ipv4')
  // Addresses that carry an IPv4 address inside (mapped, translated, 6to4, Teredo) lie outside, or are taken out.
  return family === 6 && global6.check(address, 'ipv6') && !reserved6.check(address, 'ipv6')
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function subnets(family: 'ipv4' | 'ipv6', list: string): BlockList {
  const blocked = new BlockList()
  for (const subnet of list.split(' ')) {
    const [network = '', prefix] = subnet.split('/')
    blocked.addSubnet(network, Number(prefix), family)
  }
  return blocked
}

// IANA's special-purpose registries (RFC 6890), multicast and what is reserved.
const reserved4 = subnets(
  'ipv4',
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3',
)
const global6 = subnets('ipv6', '2000::/3')
const reserved6 = subnets('ipv6', '2001::/23 2001:db8::/32 2002::/16 3fff::/20')
