/** What answers a press must not lie under the button that was pressed. */
export function showWhole(element: Element): void {
  element.scrollIntoView({ block: 'nearest' });
}
