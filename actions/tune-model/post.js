import { main } from '../../dist/index.js';

await main('tune-model', 'post', new URL('../../', import.meta.url));
