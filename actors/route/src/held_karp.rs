//! The shortest order of a few stops, by dynamic programming over their sets (M. Held and
//! R. M. Karp, "A Dynamic Programming Approach to Sequencing Problems", 1962; R. Bellman found the
//! same that year). Here for a way that does not come back.

use crate::matrix::Matrix;

/// The stops, from 1, in the shortest order. It needs memory and time for each set of stops: with
/// more than [`EXACT_STOPS_MAX`](crate::tour::EXACT_STOPS_MAX) nobody should ask.
pub(crate) fn shortest(matrix: &Matrix) -> Vec<usize> {
    let stops = matrix.stops();
    let sets = 1_usize << stops;
    // By set and the stop that comes last in it: how long the shortest way through the set is, and
    // which stop comes before the last.
    let mut best = vec![(f64::INFINITY, 0_usize); sets * stops];
    for last in 0..stops {
        best[(1 << last) * stops + last] = (matrix.metres(0, last + 1), last);
    }
    // A set without one of its stops has a smaller number, so that it is settled already.
    for set in 1..sets {
        for last in (0..stops).filter(|last| set & (1 << last) != 0) {
            let without = set & !(1 << last);
            for before in (0..stops).filter(|before| without & (1 << before) != 0) {
                let way = best[without * stops + before].0 + matrix.metres(before + 1, last + 1);
                let cell = &mut best[set * stops + last];
                if way < cell.0 {
                    *cell = (way, before);
                }
            }
        }
    }
    trace(&best, stops)
}

/// Backwards from the best last stop.
fn trace(best: &[(f64, usize)], stops: usize) -> Vec<usize> {
    let mut set = (1_usize << stops) - 1;
    let lasts = (0..stops).min_by(|a, b| {
        let length = |last: &usize| best[set * stops + last].0;
        length(a).total_cmp(&length(b))
    });
    let mut order = Vec::with_capacity(stops);
    let mut last = lasts.unwrap_or_default();
    while set != 0 {
        order.push(last + 1);
        let before = best[set * stops + last].1;
        set &= !(1 << last);
        last = before;
    }
    order.reverse();
    order
}
