import { runDev } from './dev/run-dev.ts';

const [command, ...argv] = process.argv.slice(2);
if (command !== 'dev') {
  process.stderr.write('Usage: millrace dev [options]\n');
  process.exit(2);
}
process.exit(await runDev(argv));
