/** The demo city: the file that the simulation drives by, drawn. */

import type { Location } from '../api/model';
import file from '../../../../actors/streets/src/demo-city.json';

export type StreetKind = 'bridge' | 'street' | 'avenue' | 'ring';

export interface Street {
  name: string;
  kind: StreetKind;
  line: Location[];
}

export interface City {
  streets: Street[];
  river: { name: string; widthMetres: number; line: Location[] };
  /** The square with the restaurant. */
  square: Location;
}

/** Metres: of a street from side to side, as they are drawn. */
export const STREET_WIDTHS: Record<StreetKind, number> = {
  street: 9,
  bridge: 11,
  avenue: 15,
  ring: 19,
};

function read(): City {
  const location = (pair: number[] | undefined): Location => ({
    lat: pair?.[0] ?? 0,
    lon: pair?.[1] ?? 0,
  });
  const nodes = file.nodes.map(location);
  const at = (index: number) => nodes[index] ?? location(undefined);
  return {
    streets: file.streets.map(({ name, kind, path }) => ({
      name,
      kind: kind in STREET_WIDTHS ? (kind as StreetKind) : 'street',
      line: path.map(at),
    })),
    river: { ...file.river, line: file.river.line.map(location) },
    square: at(0),
  };
}

export const city = read();
