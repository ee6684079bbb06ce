import type { DefaultTreeAdapterTypes } from 'parse5';

export type ChildNode = DefaultTreeAdapterTypes.ChildNode;
export type Document = DefaultTreeAdapterTypes.Document;
export type Element = DefaultTreeAdapterTypes.Element;
export type ParentNode = DefaultTreeAdapterTypes.ParentNode;

export function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((each) => each.name === name)?.value;
}

export function isElement(node: ChildNode | ParentNode): node is Element {
  return 'tagName' in node;
}

/** The first element that passes, in the order of the page. */
export function find(root: ParentNode, passes: (element: Element) => boolean): Element | undefined {
  const waiting: ChildNode[] = [...root.childNodes].reverse();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (!isElement(node)) continue;
    if (passes(node)) return node;
    for (let i = node.childNodes.length - 1; i >= 0; i--) {
      waiting.push(node.childNodes[i] as ChildNode);
    }
  }
  return undefined;
}

/** The text of an element, without that of scripts and the like. */
export function textOf(root: ParentNode | undefined): string {
  let text = '';
  if (root) collect(root);
  return text.replace(/\s+/g, ' ').trim();

  function collect(node: ParentNode): void {
    for (const child of node.childNodes) {
      if ('value' in child) text += child.value;
      else if (isElement(child) && !isNoContent(child)) {
        collect(child);
        if (!inlineTags.has(child.tagName)) text += ' ';
      }
    }
  }
}

const noContentTags = new Set(
  'head script style noscript template svg math iframe object canvas audio video map nav footer aside dialog button select textarea input datalist progress meter'.split(
    ' ',
  ),
);
const noContentRoles = new Set(
  'navigation banner contentinfo search complementary menu menubar toolbar tablist dialog alertdialog'.split(
    ' ',
  ),
);
/** Names of classes and ids that say the same as those elements. */
const noContentNames =
  /^(nav|navbar|navigation|site-?nav|breadcrumbs?|pagination|pager|prev-?next|sidebar|side-?bar|sphinxsidebar|wy-nav-side|toc|table-?of-?contents|on-?this-?page|menu|site-?(header|footer)|page-?footer|footer|cookie-?(banner|notice|consent)|skip-?(link|nav|to-content)|headerlink|header-?anchor|anchor-?link|hash-?link|edit-?(this-page|page|link)|mw-editsection|sr-only|visually-?hidden|screen-?reader-text|share-?buttons?|related)$/i;

export function isNoContent(element: Element): boolean {
  const { tagName } = element;
  if (noContentTags.has(tagName)) return true;
  if (tagName === 'html' || tagName === 'body' || tagName === 'main') return false;
  if (tagName === 'header') {
    const parent = element.parentNode;
    if (parent && isElement(parent) && parent.tagName === 'body') return true;
  }
  for (const { name, value } of element.attrs) {
    if (name === 'hidden' || (name === 'aria-hidden' && value === 'true')) return true;
    if (name === 'role' && noContentRoles.has(value.toLowerCase())) return true;
    if (name === 'style' && /display:\s?none/i.test(value.slice(0, 200))) return true;
    if ((name === 'class' || name === 'id') && namesNoContent(value)) return true;
  }
  return false;
}

function namesNoContent(names: string): boolean {
  return names
    .slice(0, 500)
    .split(/\s+/)
    .some((name) => noContentNames.test(name));
}

export const inlineTags: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small span strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);

/** What links to a heading itself show. */
export function isAnchorMark(text: string): boolean {
  return /^(?:[#¶§🔗\s]|\ufe0f)*$/u.test(text);
}
