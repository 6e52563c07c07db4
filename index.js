import { main } from './dist/index.js';

await main('report', 'main', new URL('./', import.meta.url));
