//! The order of stops. It begins at place 0 and ends at whichever stop comes last.

use crate::matrix::Matrix;
use crate::{held_karp, two_opt};

/// Of so many stops all orders are looked at: 21,000 steps for nine, and twice as many and a
/// few more for each one beyond.
pub const EXACT_STOPS_MAX: usize = 9;

/// The stops, from 1, as they come one after another, and whether no order is shorter.
#[must_use]
pub fn order(matrix: &Matrix) -> (Vec<usize>, bool) {
    if matrix.stops() <= EXACT_STOPS_MAX {
        (held_karp::shortest(matrix), true)
    } else {
        (mended(matrix), false)
    }
}

/// A short order, found in a time that grows with the square of the number of stops.
#[must_use]
pub fn mended(matrix: &Matrix) -> Vec<usize> {
    let mut order = nearest_neighbour(matrix);
    two_opt::mend(matrix, &mut order);
    order
}

/// Always to the nearest stop that is left (D. J. Rosenkrantz, R. E. Stearns and P. M. Lewis,
/// "An Analysis of Several Heuristics for the Traveling Salesman Problem", 1977).
#[must_use]
pub fn nearest_neighbour(matrix: &Matrix) -> Vec<usize> {
    let mut left: Vec<usize> = (1..=matrix.stops()).collect();
    let mut order = Vec::with_capacity(left.len());
    let mut at = 0;
    while let Some(nearest) = (0..left.len()).min_by(|a, b| {
        let (a, b) = (matrix.metres(at, left[*a]), matrix.metres(at, left[*b]));
        a.total_cmp(&b)
    }) {
        at = left.swap_remove(nearest);
        order.push(at);
    }
    order
}
