import { main } from '../../dist/index.js';

await main('train-model', 'main', new URL('../../', import.meta.url));
