/** Every way out of the simulation that code could take by itself, instead of through a port. */
const sealedGlobals = ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const;

/**
 * Makes time, chance and timers of the machine throw while `run` runs: code that uses one of them instead of a port
 * fails at once, and would otherwise make a run differ from its repetition. What the code logs as an error goes to
 * `onIncident`.
 */
export async function inSealedWorld<T>(run: () => Promise<T>, onIncident: (text: string) => void): Promise<T> {
  const restore: (() => void)[] = [];
  const logged = console.error;
  console.error = (text: unknown) => onIncident(String(text));
  restore.push(() => {
    console.error = logged;
  });
  const replace = <Target extends object, Name extends keyof Target>(target: Target, name: Name): void => {
    const original = target[name];
    Object.assign(target, {
      [name]: () => {
        throw new Error(`${String(name)} was used in the simulated world, which has ports for that`);
      },
    });
    restore.push(() => Object.assign(target, { [name]: original }));
  };
  replace(Date, 'now');
  replace(Math, 'random');
  replace(performance, 'now');
  // An incident's id is the one use of chance that needs no port: it names a line of the log and nothing else.
  const { randomUUID } = crypto;
  crypto.randomUUID = () => '00000000-0000-4000-a000-000000000000';
  restore.push(() => {
    crypto.randomUUID = randomUUID;
  });
  replace(crypto, 'getRandomValues');
  for (const name of sealedGlobals) replace(globalThis, name);
  try {
    return await run();
  } finally {
    for (const undo of restore) undo();
  }
}
