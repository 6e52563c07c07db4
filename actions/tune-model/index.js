import { main } from '../../dist/index.js';

await main('tune-model', 'main', new URL('../../', import.meta.url));
