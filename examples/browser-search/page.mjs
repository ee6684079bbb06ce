// The page only shows: a worker embeds, keeps and searches.
const element = (id) => document.getElementById(id);
const worker = new Worker(new URL('worker.mjs', import.meta.url), { type: 'module' });

let asked = 0;
element('question').addEventListener('input', () => {
  worker.postMessage({ turn: ++asked, question: element('question').value });
});
element('ask').addEventListener('submit', (event) => event.preventDefault());
element('add').addEventListener('submit', (event) => {
  event.preventDefault();
  worker.postMessage({ note: element('note').value });
  element('note').value = '';
});

worker.onmessage = ({ data: { state, turn, answers } }) => {
  if (state) element('state').textContent = state;
  // An answer that comes after that of a later question is late.
  if (turn !== asked || !answers) return;
  element('answers').replaceChildren(
    ...answers.map(({ text, score }) => {
      const item = document.createElement('li');
      item.textContent = `${text} (${score.toFixed(2)})`;
      return item;
    }),
  );
};
worker.onerror = ({ message }) => {
  element('state').textContent = message;
};
// Or a full disk may take what is kept. A browser may ask its user, or say no: then it is kept until then.
void navigator.storage.persist();
