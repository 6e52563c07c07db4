import { BlockList, isIP } from 'node:net';

/** An address as it may be shown: a query may hold a signature. */
export function hideQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/**
 * Where an https address is really asked.
 * @param base `TRAINYARD_DOWNLOAD_URL`: `https://host/path?query` is asked as `<base>/host/path?query`
 */
export function mapAddress(url: URL, base: string | undefined): URL {
  return base === undefined ? url : new URL(`${base.replace(/\/+$/, '')}/${url.host}${url.pathname}${url.search}`);
}

const privateRanges = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateRanges.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateRanges.addSubnet(net, bits, 'ipv6');

/** Whether an IP address belongs to this machine or to a private network. */
export function isPrivate(address: string): boolean {
  const family = isIP(address);
  return family === 0 || privateRanges.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
