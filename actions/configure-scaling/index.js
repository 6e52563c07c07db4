import { main } from '../../dist/index.js';

await main('configure-scaling', 'main', new URL('../../', import.meta.url));
