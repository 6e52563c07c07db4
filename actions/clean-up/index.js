import { main } from '../../dist/index.js';

await main('clean-up', 'main', new URL('../../', import.meta.url));
