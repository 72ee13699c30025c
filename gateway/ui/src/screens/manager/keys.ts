/** The board by the keyboard: one stop for Tab, and arrows from card to card. */

type Pressed = Pick<KeyboardEvent, 'key' | 'target' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** The card that a key leads to from the one that has the focus. */
export function nextCard(board: HTMLElement, event: Pressed): HTMLElement | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const columns = [...board.querySelectorAll<HTMLElement>('[data-column]')].map((column) => [
    ...column.querySelectorAll<HTMLElement>('[data-order]'),
  ]);
  const from = columns.findIndex((cards) => cards.some((card) => card === event.target));
  if (from < 0) return undefined;
  const row = (columns[from] ?? []).indexOf(event.target as HTMLElement);
  const to = step(
    columns.map((cards) => cards.length),
    { column: from, row },
    event.key,
  );
  return to && columns[to.column]?.[to.row];
}

interface Place {
  column: number;
  row: number;
}

/** @param lengths how many cards each column has */
export function step(lengths: number[], { column, row }: Place, key: string): Place | undefined {
  const length = lengths[column] ?? 0;
  switch (key) {
    case 'ArrowDown':
      return row + 1 < length ? { column, row: row + 1 } : undefined;
    case 'ArrowUp':
      return row > 0 ? { column, row: row - 1 } : undefined;
    case 'Home':
      return { column, row: 0 };
    case 'End':
      return { column, row: length - 1 };
    case 'ArrowRight':
      return sideways(lengths, { column, row }, 1);
    case 'ArrowLeft':
      return sideways(lengths, { column, row }, -1);
    default:
      return undefined;
  }
}

/** Columns without cards are passed over. */
function sideways(lengths: number[], { column, row }: Place, by: 1 | -1): Place | undefined {
  for (let to = column + by; to >= 0 && to < lengths.length; to += by) {
    const length = lengths[to] ?? 0;
    if (length > 0) return { column: to, row: Math.min(row, length - 1) };
  }
  return undefined;
}
