import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRelayObjectName, relayObjectName } from '../../src/relay/relay-object-name.ts';

const ref = fc.record({ cluster: fc.record({ orgId: fc.string(), clusterId: fc.string() }), shard: fc.nat() });

it('names each relay apart, and reads the name back', () => {
  fc.assert(
    fc.property(ref, (relay) => {
      expect(parseRelayObjectName(relayObjectName(relay))).toEqual(relay);
    }),
  );
});

it('reads no other name', () => {
  for (const name of [
    '',
    'v1R',
    'v1P5:local5:local1:0',
    'v1R5:local5:local1:0x',
    'v1R5:local',
    'v1R5:local5:local2:00',
  ]) {
    expect(parseRelayObjectName(name)).toBeNull();
  }
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect(parseRelayObjectName(`v1R${name}`)).toBeNull();
    }),
  );
});
