import { main } from '../../dist/index.js';

await main('promote-endpoint', 'post', new URL('../../', import.meta.url));
