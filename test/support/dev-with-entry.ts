import { runDev } from '../../src/cli/dev/run-dev.ts';

/** `millrace dev` over another Worker than the platform's: `node dev-with-entry.ts WORKER [options of dev]`. */
const [entry, ...argv] = process.argv.slice(2);
process.exit(await runDev(argv, { entry: entry! }));
