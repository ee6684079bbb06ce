import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { etag } from 'hono/etag';
import { secureHeaders } from 'hono/secure-headers';
import type { StatusCode } from 'hono/utils/http-status';
import { complain } from '../terminal/print.ts';
import type { AccessOptions } from './access.ts';
import { checkHost, checkOrigin, checkToken } from './access.ts';
import { ApiError, describeError } from './api-error.ts';
import { pageAssets } from './page-assets.generated.ts';
import {
  limits,
  readAsked,
  readBits,
  readCodeSettings,
  readContext,
  readKey,
  readPage,
  readQuestion,
} from './request-parameters.ts';
import type { ServedCollection } from './served-collection.ts';

export interface AppOptions extends AccessOptions {
  /** What is served now. */
  readonly collection: () => ServedCollection;
  /** Reads the folders again, and serves what came of it. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
}

/** Nothing of other origins, nothing inline. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: ["'none'"],
};

/** As nginx has it. */
const clientGone = 499 as StatusCode;
/** No request needs a body. */
const mostBodyBytes = 1024;

/** The page and its JSON API. */
export function createApp({ collection, refresh, ...access }: AppOptions): Hono {
  const app = new Hono();
  app.onError((error, context) => {
    // Nobody hears of it.
    if (context.req.raw.signal.aborted) return context.body(null, clientGone);
    const { status, body } = describeError(error);
    if (status === 500) complain(error);
    return context.json(body, status);
  });
  app.notFound(({ req }) => {
    throw notFound(`${req.method} ${req.path}`, 'The README of bitryoshka lists what there is.');
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      referrerPolicy: 'no-referrer',
      // There is no TLS to insist on.
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
    }),
  );
  app.use(checkHost(access), checkToken(access));
  app.use('/api/*', checkOrigin);
  app.use(bodyLimit({ maxSize: mostBodyBytes, onError: refuseBody }));

  app.use('/api/*', async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
  });
  app.get('/api/settings', (context) => {
    const { question, k, context: lines } = limits;
    return context.json(collection().settings({ question, k, context: lines }));
  });
  app.get('/api/search', async (context) => {
    const served = collection();
    const asked = readAsked(context, served.codes);
    return context.json(await served.search(asked, context.req.raw.signal));
  });
  app.get('/api/compare', async (context) => {
    const served = collection();
    const asked = { ...readQuestion(context), ...readCodeSettings(context, served.codes) };
    return context.json(await served.compare(asked, context.req.raw.signal));
  });
  app.get('/api/quality', async (context) => {
    const { codes } = collection();
    const bits = readBits(context, codes.defaults?.bits ?? 0);
    return context.json(await codes.quality(bits, context.req.raw.signal));
  });
  app.get('/api/passage', async (context) => {
    const key = readKey(context);
    const { signal } = context.req.raw;
    const passage = await collection().passage(key, readContext(context), signal);
    if (passage) return context.json(passage);
    throw notFound(`passage ${JSON.stringify(key).slice(0, 200)}`, 'Search again.');
  });
  app.get('/api/health', async (context) =>
    context.json(await collection().health(context.req.raw.signal)),
  );
  app.get('/api/sources', (context) => context.json(collection().sources(readPage(context))));
  app.get('/api/map', async (context) =>
    context.json(await collection().map(context.req.raw.signal)),
  );
  app.post('/api/refresh', async (context) => {
    await refresh(context.req.raw.signal);
    const { question, k, context: lines } = limits;
    return context.json(collection().settings({ question, k, context: lines }));
  });

  for (const [path, { type, text }] of Object.entries(pageAssets)) {
    app.get(path, etag(), (context) =>
      context.body(text, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }),
    );
  }
  return app;
}

function refuseBody(): never {
  throw new ApiError(413, {
    code: 'too-large',
    message: `Body: got more than ${mostBodyBytes} bytes, expected none.`,
    remedy: 'Send parameters in the address.',
  });
}

function notFound(what: string, remedy: string): ApiError {
  return new ApiError(404, { code: 'not-found', message: `${what}: there is none.`, remedy });
}
