import { main } from '../../dist/index.js';

await main('deploy-endpoint', 'main', new URL('../../', import.meta.url));
