import { main } from '../../dist/index.js';

await main('promote-endpoint', 'main', new URL('../../', import.meta.url));
