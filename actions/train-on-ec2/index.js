import { main } from '../../dist/index.js';

await main('train-on-ec2', 'main', new URL('../../', import.meta.url));
