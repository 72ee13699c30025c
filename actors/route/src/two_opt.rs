//! A short order of stops, by mending: as long as there are two legs whose exchange makes the way
//! shorter, the stops between them are turned round (G. A. Croes, "A Method for Solving
//! Traveling-Salesman Problems", 1958).

use crate::matrix::Matrix;

/// What is less is rounding, which could go on for ever.
const GAIN_M_MIN: f64 = 1e-6;

/// Each round makes the way shorter, so that it ends by itself; this many are never needed for the
/// stops that one may ask for, and bound a turn whatever the lengths are.
const ROUNDS_MAX: usize = 1_000;

pub(crate) fn mend(matrix: &Matrix, order: &mut [usize]) {
    for _ in 0..ROUNDS_MAX {
        let Some((first, last)) = improvement(matrix, order) else {
            return;
        };
        order[first..=last].reverse();
    }
}

/// The first stretch that is better turned round. Lengths are the same in both directions, so that
/// only the legs at its ends count; behind the last stop there is none.
fn improvement(matrix: &Matrix, order: &[usize]) -> Option<(usize, usize)> {
    for first in 0..order.len() {
        let before = if first == 0 { 0 } else { order[first - 1] };
        for last in first + 1..order.len() {
            let (from, to) = (order[first], order[last]);
            let mut gain = matrix.metres(before, from) - matrix.metres(before, to);
            if let Some(behind) = order.get(last + 1) {
                gain += matrix.metres(to, *behind) - matrix.metres(from, *behind);
            }
            if gain > GAIN_M_MIN {
                return Some((first, last));
            }
        }
    }
    None
}
