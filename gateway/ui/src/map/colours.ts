/** The tokens of the colours, for a canvas, which knows no custom properties. */

const NAMES = [
  'map-ground',
  'map-street',
  'map-casing',
  'map-water',
  'map-label',
  'line',
  'surface',
  'text',
  'accent',
  'on-accent',
  'road',
  'cancelled',
  'ready',
  'danger',
  'focus',
] as const;

export type Colours = Record<(typeof NAMES)[number], string>;

export function readColours(): Colours {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(entries) as Colours;
}

/** @returns how to end it */
export function whenColoursChange(changed: () => void): () => void {
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', changed);
  return () => {
    chosen.disconnect();
    system.removeEventListener('change', changed);
  };
}
