import { afterEach, expect, test, vi } from 'vitest';

const modules: Record<string, () => unknown> = {};

vi.mock('#platform', async (original) => ({
  ...(await original<typeof import('#platform')>()),
  importModule: async (name: string) => {
    if (modules[name]) return modules[name]();
    throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
  },
}));

const { findLibrary } = await import('./library.ts');

afterEach(() => {
  for (const name of Object.keys(modules)) delete modules[name];
});

function library(version: string) {
  return { env: { version }, pipeline: () => {}, Tensor: class {} };
}

test('the one that was given is used', async () => {
  const given = library('9.0.0');
  expect(await findLibrary('m', given)).toBe(given);
  expect(await findLibrary('m', { default: given } as never)).toBe(given);
});

test('the newer one is preferred, and the older one found', async () => {
  modules['@xenova/transformers'] = () => library('2.17.2');
  expect((await findLibrary('m', undefined)).env.version).toBe('2.17.2');
  modules['@huggingface/transformers'] = () => library('4.3.2');
  expect((await findLibrary('m', undefined)).env.version).toBe('4.3.2');
});

test('without any, the command to run is named', async () => {
  await expect(findLibrary('some/model', undefined)).rejects.toMatchObject({
    code: 'model-failed',
    message: expect.stringContaining('"some/model"'),
    remedy: expect.stringContaining('npm install @huggingface/transformers'),
  });
});

test('one that cannot be imported is passed over for another, and blamed without one', async () => {
  const cause = Object.assign(new Error("Cannot find module '../build/sharp-linux.node'"), {
    code: 'MODULE_NOT_FOUND',
  });
  modules['@huggingface/transformers'] = () => {
    throw cause;
  };
  await expect(findLibrary('m', undefined)).rejects.toMatchObject({
    code: 'model-failed',
    message: expect.stringContaining('sharp-linux.node'),
    remedy: expect.stringContaining('npm install sharp'),
    cause,
  });
  modules['@xenova/transformers'] = () => library('2.17.2');
  expect((await findLibrary('m', undefined)).env.version).toBe('2.17.2');
  delete modules['@huggingface/transformers'];
  modules['@xenova/transformers'] = () => {
    throw cause;
  };
  await expect(findLibrary('m', undefined)).rejects.toMatchObject({
    remedy: expect.stringMatching(/npm install @huggingface.*override sharp/),
  });
});

test('what a library uses without naming it is named', async () => {
  modules['@huggingface/transformers'] = () => {
    throw new Error(
      "@huggingface/transformers tried to access onnxruntime-common, but it isn't declared in its dependencies",
    );
  };
  await expect(findLibrary('m', undefined)).rejects.toMatchObject({
    remedy: expect.stringMatching(/`onnxruntime-common`.*packageExtensions/),
  });
});

test('a reason that has nothing to do with sharp does not blame it', async () => {
  modules['@huggingface/transformers'] = () => {
    throw new Error('Module did not self-register');
  };
  await expect(findLibrary('m', undefined)).rejects.toMatchObject({
    message: expect.stringContaining('did not self-register'),
    remedy: expect.not.stringContaining('sharp'),
  });
});

test.each([[{}], [7], ['x'], [{ env: {}, pipeline: 1, Tensor: 2 }]])(
  'what is no library is refused: %j',
  async (given) => {
    await expect(findLibrary('m', given as never)).rejects.toMatchObject({
      code: 'invalid-option',
      remedy: expect.stringContaining("await import('@huggingface/transformers')"),
    });
  },
);
