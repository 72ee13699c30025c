//! Lengths of ways are a measure: what holds for any places in the city.

use pizza_streets::city::City;
use pizza_streets::location::{Location, distance_m};
use proptest::prelude::*;

/// Somewhere in the city, on a street or beside it.
fn place() -> impl Strategy<Value = Location> {
    (40.8405_f64..40.8627, 14.2532_f64..14.2842)
}

/// Rounding of sums of some dozens of metres, each of which is right to nanometres.
const ROUNDING_M: f64 = 1e-5;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn streets_measure_as_ways_do(a in place(), b in place(), c in place()) {
        let city = City::demo();
        let from_a = city.distances_m(a, &[a, b, c]);
        let from_b = city.distances_m(b, &[a, c]);
        prop_assert_eq!(from_a[0], 0.0);
        // No street is one-way.
        prop_assert!((from_a[1] - from_b[0]).abs() < ROUNDING_M, "{:?} {:?}", from_a, from_b);
        prop_assert!(from_a[2] <= from_a[1] + from_b[1] + ROUNDING_M);
        prop_assert!(from_a[1] >= distance_m(a, b) - ROUNDING_M);
        // Another algorithm finds a way of the same length.
        let mut path = vec![a];
        path.extend(city.route(a, b));
        path.push(b);
        let length: f64 = path.windows(2).map(|leg| distance_m(leg[0], leg[1])).sum();
        // What is within a decimetre is one point there.
        prop_assert!((length - from_a[1]).abs() < 0.5, "{} {}", length, from_a[1]);
    }
}
