import { main } from '../../dist/index.js';

await main('smoke-invoke', 'main', new URL('../../', import.meta.url));
