/**
 * What counts as one address: an IPv4 address, or the /64 network of an IPv6 address, since whoever has one of these has
 * all of it. Empty where the address is not known.
 */
export function signupSource(host: string | null): string {
  if (host === null) return '';
  if (host.includes('.')) return host.slice(host.lastIndexOf(':') + 1);
  const [front = '', back] = host.split('::');
  const [head, tail] = [groupsOf(front), groupsOf(back ?? '')];
  const zeros = Array.from({ length: Math.max(0, ipv6Groups - head.length - tail.length) }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, networkGroups).join(':')}::/64`;
}

const ipv6Groups = 8;

const networkGroups = 4;

const groupsOf = (text: string): string[] =>
  text
    .split(':')
    .filter((group) => group !== '')
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
