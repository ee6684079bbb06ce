/** More rows than this are folded at first: what is best of every quantizer then fits a window. */
const shownAtFirst = 40;

/** The rows of one quantizer, below the row that names it. */
interface Group {
  readonly body: HTMLTableSectionElement;
  readonly head: HTMLTableRowElement;
  readonly rows: readonly HTMLTableRowElement[];
  readonly fold: HTMLButtonElement;
}

/** Makes buttons of the heads of columns, which sort, and of the names of quantizers, which fold. */
export function sortAndFold(table: HTMLTableElement): void {
  const heads = [...table.tHead!.rows[0]!.cells];
  const groups = [...table.tBodies].map(readGroup);
  const rows = groups.flatMap((group) => group.rows);
  const flat = document.createElement('tbody');
  let sorted: readonly HTMLTableRowElement[] = rows;
  let grouped = true;

  for (const [column, head] of heads.entries()) {
    button(head.querySelector('.name')!).addEventListener('click', () => {
      const before = head.getAttribute('aria-sort') ?? opposite(head.dataset.first!);
      const direction = opposite(before);
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction);
      const sign = direction === 'ascending' ? 1 : -1;
      sorted = rows.toSorted((a, b) => sign * compare(text(a, column), text(b, column)));
      place();
    });
  }

  for (const group of groups) {
    group.fold.addEventListener('click', () => setFolded(group, !isFolded(group)));
  }
  const together = document.createElement('button');
  together.type = 'button';
  together.textContent = 'Group by quantizer';
  together.addEventListener('click', () => {
    grouped = !grouped;
    place();
  });
  const all = document.createElement('button');
  all.type = 'button';
  all.addEventListener('click', () => {
    const folds = groups.some((group) => !isFolded(group));
    for (const group of groups) setFolded(group, folds);
  });
  const tools = document.createElement('p');
  tools.className = 'tools';
  tools.append(together, all);
  tools.hidden = groups.length < 2;
  table.closest('.scroll')!.before(tools);
  const many = groups.length > 1 && rows.length > shownAtFirst;
  for (const group of groups) setFolded(group, many);
  place();

  function setFolded(group: Group, folded: boolean): void {
    group.fold.setAttribute('aria-expanded', String(!folded));
    for (const row of group.rows) row.hidden = folded;
    all.textContent = groups.some((one) => !isFolded(one)) ? 'Fold all' : 'Unfold all';
  }

  /** Groups follow one another as the first of their rows do. */
  function place(): void {
    together.setAttribute('aria-pressed', String(grouped));
    all.hidden = !grouped;
    for (const { body } of groups) body.remove();
    flat.remove();
    if (grouped) {
      const inOrder = groups.toSorted((a, b) => first(a) - first(b));
      for (const group of inOrder) {
        group.body.replaceChildren(group.head, ...sorted.filter((row) => group.rows.includes(row)));
        setFolded(group, isFolded(group));
        table.append(group.body);
      }
    } else {
      for (const row of rows) row.hidden = false;
      flat.replaceChildren(...sorted);
      table.append(flat);
    }
  }

  function first(group: Group): number {
    return sorted.findIndex((row) => group.rows.includes(row));
  }
}

function readGroup(body: HTMLTableSectionElement): Group {
  const [head, ...rows] = body.rows;
  return { body, head: head!, rows, fold: button(head!.querySelector('.name')!) };
}

/** Without a script, what would do nothing is no button. */
function button(name: Element): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = name.className;
  made.append(...name.childNodes);
  name.replaceWith(made);
  return made;
}

function isFolded({ fold }: Group): boolean {
  return fold.getAttribute('aria-expanded') === 'false';
}

function opposite(direction: string): string {
  return direction === 'ascending' ? 'descending' : 'ascending';
}

function text(row: HTMLTableRowElement, column: number): string {
  return row.cells[column]!.textContent;
}

/** By number where both begin with one; a dash stands for none. */
function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((value) => (value === '–' ? 0 : Number.parseFloat(value)));
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x! - y!;
}
