/** Types with local NVMe disks: they have no volume of EBS to encrypt, and SageMaker refuses a key for it. */
export const localDisks = /^ml\.(?:[a-z]+\d[a-z]*d[a-z]*|g5|g6e?|g7e|p4de?|p5[a-z]*|p6[\w-]*|trn\d\w*)\./;
