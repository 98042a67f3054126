import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** One edit of a module's text; `find` stands in it exactly once. */
export type Edit = { readonly file: string; readonly find: string; readonly replace: string };

/** A rule of the protocols, broken. */
export type Mutant = {
  readonly name: string;
  /** What is broken, in one sentence. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
};

const root = new URL('../../', import.meta.url);

/** Lays a mutant over the modules it changes, as they are loaded; an edit that fits nowhere is an error. */
export function layMutant({ name, edits }: Mutant): void {
  const editsByUrl = Map.groupBy(edits, ({ file }) => new URL(file, root).href);
  const unused = new Set(editsByUrl.keys());
  registerHooks({
    load: (url, context, nextLoad) => {
      const edited = editsByUrl.get(url);
      if (edited === undefined) return nextLoad(url, context);
      unused.delete(url);
      let source = readFileSync(fileURLToPath(url), 'utf8');
      for (const { file, find, replace } of edited) {
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
}
