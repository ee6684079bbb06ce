// The window: knows `notes`, and nothing of files, packages or Node.
globalThis.loaded = (async () => {
  const { notes } = globalThis;
  notes.show(`${await notes.count()} notes`);
  if ((await notes.count()) === 0) {
    await notes.add([
      'The key of the cellar hangs behind the door.',
      'Ada takes her tea without sugar.',
      'Bins are emptied on Tuesday, paper on Friday.',
    ]);
  }
  const [found] = await notes.search('When is the paper collected?', 1);
  notes.show(found);
  await notes.search('anything', -1).catch(({ message }) => notes.show(message));
  notes.show(`require: ${typeof require}, process: ${typeof process}`);
})();
