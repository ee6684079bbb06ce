const { check } = require('./check.cjs');

test('the whole path works where typed arrays and errors are of another realm', async () => {
  expect(await check()).toBe(256);
});
