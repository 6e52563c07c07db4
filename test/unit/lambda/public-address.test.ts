import { describe, expect, test } from '@jest/globals';
import { isPublicAddress } from '../../../src/lambda/public-address.ts';

describe('isPublicAddress', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '52.216.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.1.1',
    '2600:1f18::1',
    '2a00:1450:4001::1',
  ])('takes %s for public', (address) => expect(isPublicAddress(address)).toBe(true));

  test.each([
    ['this machine', '127.0.0.1'],
    ['this machine, another way', '127.255.255.254'],
    ['any address of this machine', '0.0.0.0'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared by a provider', '100.64.0.1'],
    ['metadata of the machine', '169.254.169.254'],
    ["credentials of a container's task", '169.254.170.2'],
    ['documentation', '203.0.113.9'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['this machine', '::1'],
    ['unspecified', '::'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['unique local', 'fd00:ec2::254'],
    ['IPv4 in IPv6', '::ffff:127.0.0.1'],
    ['a public IPv4 in IPv6', '::ffff:8.8.8.8'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['6to4 of a private IPv4', '2002:0a00:0001::1'],
    ['Teredo', '2001:0:4136:e378::1'],
    ['documentation', '2001:db8::1'],
    ['multicast', 'ff02::1'],
    ['a name', 'example.org'],
    ['nothing', ''],
    ['half an address', '8.8.8'],
  ])('does not take %s (%s) for public', (_what, address) => expect(isPublicAddress(address)).toBe(false));
});
