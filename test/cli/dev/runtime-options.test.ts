import { expect, test } from 'vitest';
import { experimental_readRawConfig } from 'wrangler';
import { version } from '../../../src/cli/dev/platform.ts';
import {
  compatibilityDate,
  compatibilityFlags,
  objectClasses,
  storageFolder,
  sweepCron,
  workerName,
} from '../../../src/cli/dev/runtime-options.ts';

type Deployed = {
  readonly name: string;
  readonly compatibility_date: string;
  readonly compatibility_flags: string[];
  readonly vars: Record<string, string>;
  readonly durable_objects: { readonly bindings: { readonly name: string; readonly class_name: string }[] };
  readonly triggers: { readonly crons: string[] };
  readonly migrations: { readonly new_sqlite_classes?: string[] }[];
};

const deployed = experimental_readRawConfig({ config: 'wrangler.toml' }).rawConfig as unknown as Deployed;

test('the local platform and wrangler.toml store under the same names', () => {
  expect(workerName).toBe(deployed.name);
  const bindings = deployed.durable_objects.bindings.map((binding) => [binding.name, binding.class_name]);
  expect(Object.fromEntries(bindings)).toEqual(objectClasses);
  const sqliteClasses = deployed.migrations.flatMap((migration) => migration.new_sqlite_classes ?? []);
  expect(sqliteClasses).toEqual(Object.values(objectClasses));
});

test('the names that data is stored under are those of the first release', () => {
  expect({ workerName, objectClasses, storageFolder }).toEqual({
    workerName: 'millrace',
    objectClasses: {
      PARTITION: 'Partition',
      CLUSTER: 'Cluster',
      RELAY: 'Relay',
      GROUP: 'Group',
      SHARE_GROUP: 'ShareGroup',
      SHARE: 'SharePartition',
      ORGANIZATION: 'Organization',
      DIRECTORY: 'Directory',
      TRANSACTION: 'TransactionCoordinator',
      CONNECTION: 'Connection',
      JOBS: 'JobRunner',
    },
    storageFolder: 'storage',
  });
});

test('both run with the same compatibility', () => {
  expect(compatibilityDate).toBe(deployed.compatibility_date);
  expect(compatibilityFlags).toEqual(deployed.compatibility_flags);
});

test('the launcher ticks the cron trigger of a deployment', () => {
  expect(deployed.triggers.crons).toEqual([sweepCron]);
});

test('a deployment runs in the same mode and says the version of this tree', () => {
  expect(deployed.vars).toEqual({ MILLRACE_MODE: 'closed', MILLRACE_VERSION: version });
});
