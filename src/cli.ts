import { fileURLToPath } from 'node:url';
import { main } from './cli/main.ts';

process.exitCode = await main(process.argv.slice(2), fileURLToPath(new URL('../', import.meta.url)));
