import type { Command } from '../command.ts';
import { devHelp, runDev } from '../dev/run-dev.ts';

export const dev: Command = { help: devHelp, run: ({ argv }) => runDev([...argv]) };
