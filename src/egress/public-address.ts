/** Blocks of IPv4 that are not the public internet (IANA's registry of special-purpose addresses), and multicast. */
const closedIpv4: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The one block of IPv6 that is routed, and what of it is not, or leads to an IPv4 address (Teredo, 6to4). */
const openIpv6 = ['2000::', 3] as const;
const closedIpv6: readonly (readonly [address: string, bits: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

/** True for an address of the public internet, in the plain text form of IPv4 or IPv6; false for all else. */
export function isPublicAddress(text: string): boolean {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return !closedIpv4.some(([block, bits]) => isWithin(ipv4, parseIpv4(block), bits, 32));
  const ipv6 = parseIpv6(text);
  if (ipv6 === null || !isWithin(ipv6, parseIpv6(openIpv6[0]), openIpv6[1], 128)) return false;
  return !closedIpv6.some(([block, bits]) => isWithin(ipv6, parseIpv6(block), bits, 128));
}

function isWithin(address: bigint, block: bigint | null, bits: number, width: number): boolean {
  const rest = BigInt(width - bits);
  return block !== null && address >> rest === block >> rest;
}

const ipv4Text = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

function parseIpv4(text: string): bigint | null {
  const parts = ipv4Text.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((address, part) => (address << 8n) | BigInt(part), 0n);
}

/** Without a zone, and without the mixed form, which stands only for addresses that are refused anyway. */
function parseIpv6(text: string): bigint | null {
  if (text.length > 39 || !/^[\da-fA-F:]+$/.test(text)) return null;
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return null;
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!groups.every((group) => /^[\da-fA-F]{1,4}$/.test(group))) return null;
  return groups.reduce((address, group) => (address << 16n) | BigInt(`0x${group}`), 0n);
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
