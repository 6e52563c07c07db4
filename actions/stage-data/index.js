import { main } from '../../dist/index.js';

await main('stage-data', 'main', new URL('../../', import.meta.url));
