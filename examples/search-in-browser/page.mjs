// The bundled model and a vector store in a browser. Bundlers put the model into a file of its own, which is
// loaded when the first text is embedded.
import { BinaryVectorStore } from '@bitryoshka/langchain';
import { MatryoshkaEmbeddings } from '@bitryoshka/transformers';

const handbook = [
  'The kettle boils water in three minutes.',
  'Sharpen the knife on a wet stone, edge first.',
  'Change the oil of the mower every spring.',
  'Water tomatoes in the morning, at the root.',
  'The router restarts when the button is held for ten seconds.',
];

const [form, question, state, answers] = ['form', 'question', 'state', 'answers'].map((id) =>
  document.getElementById(id),
);
const started = performance.now();
const store = await BinaryVectorStore.fromTexts(handbook, [], new MatryoshkaEmbeddings());
state.textContent = `Ready after ${Math.round(performance.now() - started)} ms.`;

let asked = 0;
form.addEventListener('submit', (event) => event.preventDefault());
question.addEventListener('input', async () => {
  const turn = ++asked;
  const found = await store.similaritySearchWithScore(question.value, 3);
  // An answer that comes after that of a later question is late.
  if (turn !== asked) return;
  answers.replaceChildren(
    ...found.map(([{ pageContent }, score]) => {
      const item = document.createElement('li');
      item.textContent = `${pageContent} (${score.toFixed(2)})`;
      return item;
    }),
  );
});
