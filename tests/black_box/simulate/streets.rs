//! Where the drivers say they are: on the streets of the map that the screens draw.

use serde_json::Value;

use crate::common::until;
use crate::simulate::world::{World, interrupt, report};

const CITY: &str = include_str!("../../../actors/streets/src/demo-city.json");
/// A phone is off by less than this, in metres.
const OFF_M_MAX: f64 = 8.0;
const METRES_PER_DEGREE: f64 = 111_195.0;

pub(crate) type Place = (f64, f64);

/// Every stretch of street between two crossings.
pub(crate) fn segments() -> Vec<(Place, Place)> {
    let city: Value = serde_json::from_str(CITY).expect("JSON");
    let number = |value: &Value| value.as_f64().expect("a number");
    let nodes = city["nodes"].as_array().expect("crossings");
    let nodes: Vec<Place> = nodes
        .iter()
        .map(|n| (number(&n[0]), number(&n[1])))
        .collect();
    let mut all = Vec::new();
    for street in city["streets"].as_array().expect("streets") {
        let path = street["path"].as_array().expect("a path").iter();
        let path: Vec<usize> = path
            .map(|n| usize::try_from(n.as_u64().expect("a number")).expect("an index"))
            .collect();
        all.extend(path.windows(2).map(|pair| (nodes[pair[0]], nodes[pair[1]])));
    }
    all
}

/// In metres, from `origin`.
fn flat(origin: Place, place: Place) -> Place {
    let east = (place.1 - origin.1) * origin.0.to_radians().cos();
    (
        east * METRES_PER_DEGREE,
        (place.0 - origin.0) * METRES_PER_DEGREE,
    )
}

/// How many metres a place is beside a stretch.
pub(crate) fn off_m(place: Place, (from, to): (Place, Place)) -> f64 {
    let ((x, y), (a, b)) = (flat(from, place), flat(from, to));
    let part = ((x * a + y * b) / (a * a + b * b)).clamp(0.0, 1.0);
    (x - a * part).hypot(y - b * part)
}

#[test]
fn positions_lie_on_streets_and_say_how_fast_and_where_to() {
    let world = World::new();
    let order = world.pizza.order();
    let heard = world.mosquitto.subscribe("pizza/drivers/+/location", 40);
    let drivers = ["--count", "1", "--speed", "20"];
    let drivers = world.drivers(&drivers).spawn().expect("it starts");
    let heard = heard.payloads();
    until("the delivery", || {
        (world.order_status(&order) == "delivered").then_some(())
    });
    interrupt(&drivers);
    report(&drivers.wait_with_output().expect("it ends"));
    let streets = segments();
    let (mut before, mut moved) = (0, 0);
    for position in &heard {
        let number = |name: &str| position[name].as_f64().expect("a number");
        let place = (number("lat"), number("lon"));
        let off = streets.iter().map(|street| off_m(place, *street));
        let off = off.fold(f64::INFINITY, f64::min);
        assert!(off < OFF_M_MAX, "{off:.1} m from any street: {position}");
        let (speed, heading) = (number("speed"), number("heading"));
        assert!((0.0..12.0).contains(&speed), "{position}");
        assert!((0.0..360.0).contains(&heading), "{position}");
        assert!((0.0..=15.0).contains(&number("accuracy")), "{position}");
        let at = position["timestamp"].as_u64().expect("a time");
        assert!(at > before, "time goes back: {position}");
        before = at;
        moved += u64::from(speed > 3.0);
    }
    assert!(moved > 15, "nobody moved: {heard:?}");
}
