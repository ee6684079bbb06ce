import { fileURLToPath } from 'node:url';

/** The folder of the model that comes with this package. */
export const bundledModel: string = fileURLToPath(new URL('../../model', import.meta.url));
