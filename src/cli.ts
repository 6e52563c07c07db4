import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { main } from './cli/main.ts';

// The product's folder is above this script's, which may have been called through a link. (`import.meta.url` would be a name of the
// build machine once it is bundled.)
const script = realpathSync(process.argv[1] ?? '.');
process.exitCode = await main(process.argv.slice(2), dirname(dirname(script)));
