//! The order of stops and the ways between them: what is promised of them holds for any places.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use pizza_actor_route::Route;
use pizza_actor_route::bindings::types::{Basis, Location, Refusal};
use pizza_actor_route::matrix::Matrix;
use pizza_actor_route::tour::{EXACT_STOPS_MAX, mended, nearest_neighbour, order};
use pizza_streets::city::City;
use pizza_streets::location::distance_m;
use proptest::prelude::*;
use silo_sdk::testing::Host;

fn at((lat, lon): (f64, f64)) -> Location {
    Location { lat, lon }
}

fn crossing(number: usize) -> Location {
    at(City::demo().crossing(number).0)
}

fn pointers(refused: Refusal) -> Vec<String> {
    let Refusal::Invalid(violations) = refused else {
        panic!("{refused:?} is another refusal");
    };
    violations.into_iter().map(|v| v.pointer).collect()
}

#[test]
fn a_way_follows_the_streets_and_says_so() {
    let host = Host::new("route", "worker-0");
    let (kitchen, door) = (crossing(0), crossing(120));
    let way = Route::default().way(kitchen, vec![door, kitchen], None);
    let way = way.unwrap();
    assert_eq!((way.basis, way.legs.len()), (Basis::Streets, 2));
    // No street is one-way.
    assert_eq!(way.legs[0], way.legs[1]);
    assert_eq!(
        (way.path.first(), way.path.last()),
        (Some(&kitchen), Some(&kitchen))
    );
    assert!(
        way.path.contains(&door) && way.path.len() > 6,
        "{:?}",
        way.path
    );
    let stretch = Route::default().distance(kitchen, door, None).unwrap();
    assert_eq!(stretch.metres, way.legs[0].metres);
    // 30 km/h, each rounded up.
    let seconds = f64::from(stretch.metres) * 3.6 / 30.0;
    assert!((f64::from(stretch.seconds) - seconds).abs() <= 1.0);
    let twice = Route::default().distance(kitchen, door, Some(60.0));
    assert!(twice.unwrap().seconds.abs_diff(stretch.seconds / 2) <= 1);
    host.set_config("speed-kmh", "60");
    let set = Route::default().distance(kitchen, door, None).unwrap();
    assert!(set.seconds.abs_diff(stretch.seconds / 2) <= 1);
    // Nothing is left behind.
    assert!(host.state::<Route>().is_none() && host.sent().is_empty() && host.events().is_empty());
}

#[test]
fn outside_of_the_city_it_is_the_straight_line_and_says_so() {
    let _host = Host::new("route", "worker-0");
    let (rome, kitchen) = (at((41.9, 12.5)), crossing(0));
    let way = Route::default().way(kitchen, vec![rome], None).unwrap();
    assert_eq!(
        (way.basis, way.path),
        (Basis::StraightLine, vec![kitchen, rome])
    );
    let straight = distance_m((kitchen.lat, kitchen.lon), (rome.lat, rome.lon));
    assert!((f64::from(way.metres) - 1.3 * straight).abs() <= 1.0);
    let far = Route::default().distance(at((0.0, 0.0)), at((0.0, 180.0)), Some(1.0));
    assert!(far.unwrap().seconds > 90_000_000);
}

#[test]
fn arrivals_come_one_after_another() {
    let _host = Host::new("route", "worker-0");
    let stops = vec![crossing(40), crossing(40), crossing(90)];
    let eta = Route::default()
        .eta(1_000, crossing(0), stops.clone(), None)
        .unwrap();
    assert!(
        1_000 < eta[0] && eta[0] == eta[1] && eta[1] < eta[2],
        "{eta:?}"
    );
    let way = Route::default().way(crossing(0), stops, None).unwrap();
    let took = (eta[2] - 1_000).div_ceil(1_000);
    assert_eq!(took, u64::from(way.seconds));
    let last = Route::default().eta(u64::MAX, crossing(0), vec![crossing(1)], None);
    assert_eq!(last.unwrap(), [u64::MAX]);
}

#[test]
fn each_mistake_is_told_by_its_place() {
    let _host = Host::new("route", "worker-0");
    let (good, worker) = (crossing(0), Route::default());
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 90.5] {
        let place = Location { lat: bad, lon: 0.0 };
        let refused = worker.distance(place, good, None).unwrap_err();
        assert_eq!(pointers(refused), ["/start/lat"], "{bad}");
        let refused = worker.order_of_stops(good, vec![good, place], None);
        assert_eq!(pointers(refused.unwrap_err()), ["/stops/1/lat"], "{bad}");
    }
    for speed in [0.0, -1.0, 201.0, f64::NAN, f64::INFINITY] {
        let refused = worker.way(good, vec![good], Some(speed)).unwrap_err();
        assert_eq!(pointers(refused), ["/speedKmh"], "{speed}");
    }
    for count in [0, 26] {
        let stops = vec![good; count];
        let refused = worker.order_of_stops(good, stops.clone(), None);
        assert_eq!(pointers(refused.unwrap_err()), ["/stops"], "{count}");
        let refused = worker.eta(0, good, stops, None).unwrap_err();
        assert_eq!(pointers(refused), ["/stops"], "{count}");
    }
    assert!(worker.order_of_stops(good, vec![good; 25], None).is_ok());
}

/// Every order of the numbers from 1 to `count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1).into_iter();
    let longer = shorter.flat_map(|order| {
        (0..=order.len()).map(move |place| {
            let mut order = order.clone();
            order.insert(place, count);
            order
        })
    });
    longer.collect()
}

fn sorted(mut order: Vec<usize>) -> Vec<usize> {
    order.sort_unstable();
    order
}

/// Places in the city or, now and then, all over the country.
fn places(stops: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<(f64, f64)>> {
    let count = *stops.start() + 1..=*stops.end() + 1;
    let city = (40.8405_f64..40.8627, 14.2532_f64..14.2842);
    let country = (38.0_f64..46.0, 8.0_f64..18.0);
    let in_city = proptest::collection::vec(city, count.clone());
    prop_oneof![4 => in_city, 1 => proptest::collection::vec(country, count)]
}

/// Rounding of sums.
const ROUNDING_M: f64 = 1e-3;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_permutation_is_shorter(places in places(1..=6)) {
        let matrix = Matrix::of(City::demo(), places);
        let (found, exact) = order(&matrix);
        prop_assert!(exact);
        prop_assert_eq!(sorted(found.clone()), (1..=matrix.stops()).collect::<Vec<_>>());
        let length = matrix.length_m(&found);
        for other in permutations(matrix.stops()) {
            prop_assert!(length <= matrix.length_m(&other) + ROUNDING_M, "{:?} is shorter", other);
        }
    }

    #[test]
    fn mending_makes_no_way_longer_and_looking_at_all_is_no_worse(places in places(2..=9)) {
        let matrix = Matrix::of(City::demo(), places);
        let (naive, mended) = (nearest_neighbour(&matrix), mended(&matrix));
        let (exact, _) = order(&matrix);
        let length = |order: &[usize]| matrix.length_m(order);
        prop_assert!(length(&mended) <= length(&naive) + ROUNDING_M);
        prop_assert!(length(&exact) <= length(&mended) + ROUNDING_M);
    }

    #[test]
    fn of_many_stops_each_is_called_at_once(places in places(EXACT_STOPS_MAX + 1..=25)) {
        let matrix = Matrix::of(City::demo(), places);
        let (found, exact) = order(&matrix);
        prop_assert!(!exact);
        prop_assert_eq!(sorted(found.clone()), (1..=matrix.stops()).collect::<Vec<_>>());
        let naive = matrix.length_m(&nearest_neighbour(&matrix));
        prop_assert!(matrix.length_m(&found) <= naive + ROUNDING_M);
        // What is told is never less than the straight line, also after it was rounded.
        let _host = Host::new("route", "worker-0");
        let stops = matrix.places[1..].iter().map(|place| at(*place)).collect();
        let told = Route::default().order_of_stops(at(matrix.places[0]), stops, None).unwrap();
        let mut from = 0;
        for (stop, leg) in found.iter().zip(&told.legs) {
            let straight = distance_m(matrix.places[from], matrix.places[*stop]);
            prop_assert!(f64::from(leg.metres) >= straight - ROUNDING_M);
            from = *stop;
        }
    }
}

/// The checks above are able to fail: what nearest neighbour finds is not always the shortest.
#[test]
fn the_nearest_stop_first_is_a_mistake_that_is_found() {
    // On a line: two to the east, one a little farther to the west of the start.
    let east = |metres: f64| pizza_streets::location::moved((45.0, 9.0), metres, 0.0);
    let matrix = Matrix::of(
        City::demo(),
        vec![east(0.0), east(100.0), east(-110.0), east(-230.0)],
    );
    let naive = matrix.length_m(&nearest_neighbour(&matrix));
    let worse = matrix.length_m(&[1, 3, 2]);
    let (best, _) = order(&matrix);
    let far = Matrix::of(
        City::demo(),
        vec![east(0.0), east(-110.0), east(100.0), east(400.0)],
    );
    assert!(matrix.length_m(&best) <= naive && naive < worse);
    assert_eq!(nearest_neighbour(&far), [2, 1, 3]);
    assert_eq!(order(&far).0, [1, 2, 3]);
    assert_eq!(mended(&far), [1, 2, 3]);
}
