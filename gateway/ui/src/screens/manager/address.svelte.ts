/** What of the screen is open and filtered, which is in the address: it can be sent to others. */

import { parameterIn, searchWith } from './search';
import { router } from '../../routing/router.svelte';

export const SECTIONS = ['alerts', 'board', 'map', 'stock', 'figures'] as const;
export type Section = (typeof SECTIONS)[number];

export const SECTION_TITLES: Record<Section, string> = {
  alerts: 'Needs you',
  board: 'Board',
  map: 'Map',
  stock: 'Stock',
  figures: 'Figures',
};

export type Parameter = 'order' | 'column' | 'q' | 'drivers' | 'driver' | 'needs' | 'supply';

/** These mean something in one section alone, and whoever leaves it leaves them. */
const OF_SECTION: Partial<Record<Parameter, Section>> = { needs: 'alerts', supply: 'stock' };

/** `whole`: everything at once. */
type Changes = Partial<Record<Parameter, string | undefined>> & { section?: Section | 'whole' };

function hashOf(wanted: Section | 'whole' | undefined, current: Section | undefined): string {
  const section = wanted === 'whole' ? undefined : (wanted ?? current);
  return section ? `#${section}` : '';
}

class Address {
  readonly section = $derived(SECTIONS.find((section) => `#${section}` === router.hash));

  get(parameter: Parameter): string | undefined {
    return parameterIn(router.search, parameter);
  }

  /** Of this screen, with these things otherwise. */
  href({ section, ...others }: Changes): string {
    const to = section ?? this.section;
    const left = Object.entries(OF_SECTION).filter(([, home]) => home !== to);
    const changes = { ...others, ...Object.fromEntries(left.map(([name]) => [name, undefined])) };
    return `${router.place.path}${searchWith(router.search, changes)}${hashOf(section, this.section)}`;
  }

  /** @param changes with `replace` when it is not worth a step back, as each letter of a search */
  go(changes: Changes, { replace = false } = {}): void {
    router.go(this.href(changes), { replace });
  }
}

export const address = new Address();
