import { helpText } from '../config/help.js';
import type { RunCommand } from './command.js';

export const run: RunCommand = async (_args, commands) => {
  process.stdout.write(helpText(commands));
};
