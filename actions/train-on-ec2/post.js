import { main } from '../../dist/index.js';

await main('train-on-ec2', 'post', new URL('../../', import.meta.url));
