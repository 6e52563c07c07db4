import type { Clock } from '../../../time/clock.ts';
import type { Buckets, Service } from '../../contract.ts';
import * as schemas from '../../wire/schemas/s3.generated.ts';
import { bucketHandlers } from './bucket-handlers.ts';
import { multipartHandlers } from './multipart.ts';
import { objectHandlers } from './object-handlers.ts';
import { createStore } from './store.ts';
import { tagHandlers } from './tags.ts';

/** S3: objects are files below `<folder>/s3-…`, their index is in memory. */
export function createS3(options: { folder: string; region: string; clock: Clock }): { buckets: Buckets; service: Service } {
  const store = createStore(options.folder, options.clock);
  const handlers = {
    ...bucketHandlers(store, options.region),
    ...objectHandlers(store),
    ...multipartHandlers(store, options.clock),
    ...tagHandlers(store),
  };
  return { buckets: store, service: { name: 's3', schemas, handlers } };
}
