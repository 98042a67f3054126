import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mutants } from './mutants.ts';

/** Preloaded (`node --import`): lays the mutant of this name over the modules it changes, as they are loaded. */
const name = process.env.SIMULATION_MUTANT;
const mutant = mutants.find((candidate) => candidate.name === name);
if (mutant === undefined) throw new Error(`there is no mutant ${name}`);

const root = new URL('../../../', import.meta.url);
const editsByUrl = Map.groupBy(mutant.edits, ({ file }) => new URL(file, root).href);
const unused = new Set(editsByUrl.keys());

registerHooks({
  load: (url, context, nextLoad) => {
    const edits = editsByUrl.get(url);
    if (edits === undefined) return nextLoad(url, context);
    unused.delete(url);
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const { file, find, replace } of edits) {
      const places = source.split(find).length - 1;
      if (places !== 1) throw new Error(`mutant ${name}: its text stands ${places} times in ${file}: ${find}`);
      source = source.replace(find, () => replace);
    }
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});

process.on('exit', () => {
  for (const url of unused)
    console.error(`mutant ${name}: ${url.replace(pathToFileURL('/').href, '/')} was never loaded`);
});
