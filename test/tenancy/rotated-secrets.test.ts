import { expect, it } from 'vitest';
import { expectOk, OrganizationWorld } from './organization-world.ts';

const hourMs = 3_600_000;

async function rotated(overlapMs: number) {
  const world = new OrganizationWorld();
  const { owner } = await world.found();
  const first = expectOk(await world.createKey(owner, { role: 'viewer' }));
  const held = expectOk(await world.resolve(first.text));
  expectOk(await world.organization.heldEpoch('acme', { kind: 'relay', name: 'r1' }));
  world.holding.add('r1');
  const { text } = expectOk(await world.organization.rotateKey('acme', owner, first.key.keyId, overlapMs));
  const heldNow = expectOk(await world.resolve(text));
  const ask = async ({ secretNumber }: { readonly secretNumber?: number | undefined }) => {
    const question = { clusterId: 'acme1', principalId: held.id, signerId: null };
    const asked = secretNumber === undefined ? question : { ...question, secretNumber };
    return expectOk(await world.organization.principalsOf('acme', [asked]))[0];
  };
  return { world, held, heldNow, ask };
}

it('ends at once what was opened with the old secret of a key when there is no overlap, and nothing else', async () => {
  const { world, held, heldNow, ask } = await rotated(0);
  expect(await ask(held)).toBeNull();
  expect(await ask(heldNow)).toMatchObject({ id: held.id, secretNumber: 2, expiresAtMs: null });
  // A token that the key made goes by the key.
  expect(await ask({})).toMatchObject({ id: held.id });
  await world.organization.runAlarm();
  expect(world.told).toEqual(['r1']);
});

it('says of what was opened with the old secret when that ends', async () => {
  const { world, held, heldNow, ask } = await rotated(hourMs);
  expect(await ask(held)).toMatchObject({ secretNumber: 1, expiresAtMs: world.nowMs + hourMs });
  expect(await ask(heldNow)).toMatchObject({ secretNumber: 2, expiresAtMs: null });
  world.nowMs += hourMs;
  expect(await ask(held)).toBeNull();
  expect(await ask(heldNow)).toMatchObject({ secretNumber: 2 });
});
