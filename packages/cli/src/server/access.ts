import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { ApiError } from './api-error.ts';

export interface AccessOptions {
  /** What every request has to show. Undefined: nothing, as only this machine can ask. */
  readonly token: string | undefined;
  /** Names, besides IP addresses and those of this machine, by which the server may be asked for. */
  readonly hosts: readonly string[];
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Refuses names that are not the server's own: a page elsewhere could give its name the address of this machine (DNS
 * rebinding), and would be of one origin with it. An address in place of a name cannot be given away.
 */
export function checkHost({ hosts }: AccessOptions): MiddlewareHandler {
  const own = hostname().toLowerCase();
  const known = new Set(['localhost', own, `${own}.local`, ...hosts.map((h) => h.toLowerCase())]);
  return async (context, next) => {
    const host = hostOf(context);
    const name = nameIn(host);
    if (name === undefined || !(known.has(name) || isIP(name) !== 0)) {
      throw new ApiError(403, {
        code: 'host-refused',
        message: `Host: got ${JSON.stringify(host.slice(0, 100))}, expected an address or a name of this machine.`,
        remedy: 'Start the server with --allow-host and the name.',
      });
    }
    return next();
  };
}

/** Refuses what pages of other origins ask for, also of this machine: they may link to the page, and no more. */
export const checkOrigin: MiddlewareHandler = async (context, next) => {
  const origin = context.req.header('origin');
  const isOther = origin !== undefined && hostIn(origin) !== hostOf(context);
  const site = context.req.header('sec-fetch-site') ?? 'none';
  if (isOther || !['none', 'same-origin'].includes(site)) {
    throw new ApiError(403, {
      code: 'origin-refused',
      message: 'Origin: got another one than the page of this server.',
      remedy: 'Ask from that page, or from a program.',
    });
  }
  return next();
};

/**
 * Asks for the token: as `Authorization: Bearer`, or in the address of the page, which keeps it as a cookie that no
 * script reads.
 */
export function checkToken({ token }: AccessOptions): MiddlewareHandler {
  if (token === undefined) return (_, next) => next();
  const isRight = comparison(token);
  return async (context, next) => {
    const given = context.req.query('token');
    if (context.req.path === '/' && given !== undefined && isRight(given)) {
      setCookie(context, cookieOf(context), given, { httpOnly: true, sameSite: 'Lax', path: '/' });
      return context.redirect('/');
    }
    if (isRight(bearerOf(context) ?? getCookie(context, cookieOf(context)) ?? '')) return next();
    context.header('WWW-Authenticate', 'Bearer');
    throw new ApiError(401, {
      code: 'unauthorized',
      message: 'Token: got none, or a wrong one.',
      remedy: 'Open the address that the server has printed, or send Authorization: Bearer.',
    });
  };
}

/** In the same time whatever is compared, however long it is. */
function comparison(token: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(token);
  return (given) => timingSafeEqual(digest(given), wanted);
}

function bearerOf(context: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
}

/** With the port, as browsers keep the cookies of all ports together. */
function cookieOf(context: Context): string {
  return `bitryoshka-${/:(\d+)$/.exec(hostOf(context))?.[1] ?? ''}`;
}

function hostOf(context: Context): string {
  return context.req.header('host') ?? new URL(context.req.url).host;
}

function hostIn(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The name in a Host header, without its port and without the brackets of an address. */
function nameIn(host: string): string | undefined {
  try {
    const { hostname: name, pathname, username } = new URL(`http://${host}`);
    if (pathname !== '/' || username !== '') return undefined;
    return name.replace(/^\[|\]$/g, '');
  } catch {
    return undefined;
  }
}
