// The boundary: the window gets four functions, neither require nor a way to send what it likes.
const { readFileSync } = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const waiting = new Map();
let asked = 0;

process.on('message', ({ id, result, error }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) resolve(result);
  else reject(new Error(error));
});

/** As ipcRenderer.invoke of Electron. */
function invoke(channel, ...args) {
  return new Promise((resolve, reject) => {
    const id = asked++;
    waiting.set(id, { resolve, reject });
    process.send({ id, channel, args });
  });
}

/** As contextBridge.exposeInMainWorld('notes', …) of Electron. */
const notes = {
  count: () => invoke('notes:count'),
  add: (texts) => invoke('notes:add', texts),
  search: (question, k) => invoke('notes:search', question, k),
  show: (line) => console.log(line),
};

const page = path.join(__dirname, 'renderer.js');
const world = vm.createContext({ notes });
vm.runInContext(readFileSync(page, 'utf8'), world, { filename: page });
world.loaded.then(
  () => process.disconnect(),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
