import { serialize } from 'parse5';
import type { Document, Element } from './html-tree.ts';
import { attribute, find, isElement, isNoContent, textOf } from './html-tree.ts';

export interface MainContent {
  readonly root: Element | Document;
  /** Whether the text right in this element is content. */
  readonly isContent: (element: Element) => boolean;
}

/** Pages with less are content all over. */
const shortLength = 500;
/** What finds articles finds no contents in pages that are none, as lists of links: less than this share of the text. */
const leastShare = 0.4;
/** What finds articles compares elements with those in them; pages with more take long. */
const maximumElements = 30_000;

/** What is used of an element without a browser's types. */
interface Queried {
  querySelectorAll(selector: string): Iterable<{ getAttribute(name: string): string | null }>;
}

const markName = 'data-bitryoshka';

/** Where the content of a page is: as its author says, or as readers of articles find it. */
export async function mainElement(document: Document): Promise<MainContent> {
  const all = { isContent: () => true };
  const isMain = (element: Element): boolean =>
    element.tagName === 'main' || attribute(element, 'role') === 'main';
  const main = find(document, isMain);
  if (main && textOf(main) !== '') return { root: main, ...all };
  const body = find(document, ({ tagName }) => tagName === 'body') ?? document;
  const article = find(body, ({ tagName }) => tagName === 'article');
  const length = textOf(body).length;
  if (article && textOf(article).length > length / 2) return { root: article, ...all };
  const kept = length < shortLength ? undefined : await readableElements(document);
  if (!kept) return { root: body, ...all };
  const isContent = (element: Element): boolean => kept.has(element);
  return textLength(body, isContent) < leastShare * length
    ? { root: body, ...all }
    : { root: body, isContent };
}

/** The elements that are left of a page when all is taken away that is not to be read. */
async function readableElements(document: Document): Promise<Set<Element> | undefined> {
  const elements: Element[] = [];
  find(document, (element) => {
    element.attrs.push({ name: markName, value: String(elements.length) });
    elements.push(element);
    return false;
  });
  if (elements.length > maximumElements) return undefined;
  const [{ Readability }, { parseHTML }] = await Promise.all([
    import('@mozilla/readability'),
    import('linkedom'),
  ]);
  const page = parseHTML(serialize(document)).document;
  const kept = new Set<Element>();
  const collect = (content: unknown): void => {
    for (const each of (content as Queried).querySelectorAll(`[${markName}]`)) {
      const element = elements[Number(each.getAttribute(markName))];
      if (element) kept.add(element);
    }
  };
  const options = { disableJSONLD: true, keepClasses: true, serializer: collect };
  try {
    new Readability<void>(page as never, options).parse();
  } catch {
    // A page that it cannot take is searched as it is.
    return undefined;
  }
  return kept;
}

function textLength(root: Element | Document, isContent: (element: Element) => boolean): number {
  let length = 0;
  const collect = (node: Element | Document): void => {
    const counts = isElement(node) && isContent(node);
    for (const child of node.childNodes) {
      if ('value' in child) length += counts ? child.value.trim().length : 0;
      else if (isElement(child) && !isNoContent(child)) collect(child);
    }
  };
  collect(root);
  return length;
}
