import { main } from '../../dist/index.js';

await main('train-model', 'post', new URL('../../', import.meta.url));
