/** A mark of a chart with what it says: a line that names its series, and one with its value. */
interface Value {
  readonly mark: SVGElement;
  readonly series: string;
  readonly text: string;
}

/** By mark, in the order of the drawing. */
type Values = ReadonlyMap<EventTarget | null, Value>;

/** How far from a mark the pointer may be, in pixels. */
const reach = 28;

const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
const jumps: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };

const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
// Marks have the same text as their name.
tip.setAttribute('aria-hidden', 'true');

const keys = document.createElement('p');
keys.id = 'keys';
keys.hidden = true;
keys.textContent = 'Arrow keys walk through the values.';

/** Shows the values of a chart beside the pointer, a finger or the focus. */
export function showValues(box: HTMLElement): void {
  if (!tip.isConnected) document.body.append(tip, keys);
  const svg = box.querySelector('svg')!;
  let known: Values | undefined;
  // Thousands of marks, so not before somebody looks.
  const values = () => (known ??= takeTitles(svg));
  let current: Value | undefined;

  box.setAttribute('aria-describedby', keys.id);
  box.addEventListener('pointermove', point);
  box.addEventListener('pointerdown', point);
  box.addEventListener('pointerleave', hide);
  box.addEventListener('focusout', hide);
  box.addEventListener('scroll', () => {
    if (current && document.activeElement === current.mark) place(current.mark);
    else hide();
  });
  box.addEventListener('focusin', ({ target }) => {
    const value = values().get(target);
    if (value) show(value);
    else if (box.matches(':focus-visible') && values().size > 0) {
      fill('', keys.textContent);
      place(svg);
    }
  });
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') hide();
    const next = neighbour([...values().values()], current, event.key);
    if (!next) return;
    event.preventDefault();
    next.mark.focus({ preventScroll: true });
    next.mark.scrollIntoView({ block: 'nearest', inline: 'center' });
    place(next.mark);
  });

  function point(event: PointerEvent): void {
    const value = values().get(event.target) ?? nearest([...values().values()], event);
    if (value) show(value);
    else hide();
  }

  function show(value: Value): void {
    current?.mark.classList.remove('current');
    current = value;
    value.mark.classList.add('current');
    fill(value.series, value.text);
    place(value.mark);
  }

  function hide(): void {
    current?.mark.classList.remove('current');
    current = undefined;
    tip.hidden = true;
  }
}

/** The titles become names, as a browser would show them a second time. */
function takeTitles(svg: SVGElement): Values {
  const taken = [...svg.querySelectorAll('title')].map((title): [SVGElement, Value] => {
    const mark = title.parentElement as Element as SVGElement;
    const [series = '', text = ''] = title.textContent.split('\n');
    title.remove();
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', `${series}: ${text}`);
    mark.tabIndex = -1;
    return [mark, { mark, series, text }];
  });
  return new Map(taken);
}

function neighbour(
  values: readonly Value[],
  current: Value | undefined,
  key: string,
): Value | undefined {
  if (key === 'Home') return values[0];
  if (key === 'End') return values.at(-1);
  if (!(key in steps || key in jumps)) return undefined;
  if (!current) return values[0];
  if (key in steps) return values[values.indexOf(current) + steps[key]!] ?? current;
  const names = [...new Set(values.map(({ series }) => series))];
  const name = names[names.indexOf(current.series) + jumps[key]!];
  const from = middle(current);
  const away = (value: Value) => Math.abs(middle(value).x - from.x);
  return least(
    values.filter(({ series }) => series === name),
    away,
  );
}

function nearest(values: readonly Value[], { clientX, clientY }: PointerEvent): Value | undefined {
  const distance = ({ mark }: Value) => {
    const { left, right, top, bottom } = mark.getBoundingClientRect();
    return Math.hypot(
      Math.max(left - clientX, clientX - right, 0),
      Math.max(top - clientY, clientY - bottom, 0),
    );
  };
  const value = least(values, distance);
  return value && distance(value) <= reach ? value : undefined;
}

function least(values: readonly Value[], by: (value: Value) => number): Value | undefined {
  let found: Value | undefined;
  let smallest = Infinity;
  for (const value of values) {
    const size = by(value);
    if (size < smallest) {
      smallest = size;
      found = value;
    }
  }
  return found;
}

function middle({ mark }: Value): { readonly x: number; readonly y: number } {
  const { left, top, width, height } = mark.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}

function fill(series: string, text: string): void {
  const name = document.createElement('b');
  name.textContent = series;
  tip.replaceChildren(...(series ? [name, document.createElement('br')] : []), text);
  tip.hidden = false;
}

/** Above a mark, or below it where there is no room, and never outside the window. */
function place(mark: Element): void {
  const at = mark.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const left = at.left + at.width / 2 - own.width / 2;
  const above = at.top - own.height - 10;
  tip.style.left = `${Math.max(8, Math.min(left, width - own.width - 8))}px`;
  tip.style.top = `${Math.max(8, above >= 8 ? above : at.bottom + 10)}px`;
}
