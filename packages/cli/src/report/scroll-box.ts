/**
 * A box that scrolls sideways by itself, so that the page never does; a keyboard reaches it.
 *
 * @param label what it holds, and
 * @param content that, both as HTML
 * @param kind the first column of a table stays where it is
 */
export function scrollBox(label: string, content: string, kind: 'drawing' | 'table'): string {
  // The focus is no decoration here: without it, what is cut off is out of reach of a keyboard.
  return `<div class="scroll ${kind}"><div class="box" role="region" tabindex="0" aria-label="${label}">${content}</div></div>`;
}
