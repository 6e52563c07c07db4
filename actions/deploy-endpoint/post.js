import { main } from '../../dist/index.js';

await main('deploy-endpoint', 'post', new URL('../../', import.meta.url));
