/**
 * A number that the style of an element counts with, set as a property: the policy of the pages
 * has no room for a `style` attribute.
 */
export function numbered(name: `--${string}`, value: number): (element: HTMLElement) => void {
  return (element) => element.style.setProperty(name, String(value));
}
