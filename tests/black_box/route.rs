//! The way to the door: what a customer and a driver are told of it, with and without somebody who
//! knows the streets.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::common::hired::hire;
use crate::common::operator::succeeded;
use crate::common::{Pizza, machine, now_ms, until};
use crate::modules::fixture::{World, bundled, marked, variant};
use crate::simulate::streets::{Place, off_m, segments};

/// The restaurant's door, which is a crossing of the demo city, and another one that is 1,317 m away
/// by its streets: less than the straight line, 1,049 m, times 1.3.
const KITCHEN: Place = (40.8518, 14.2681);
const DOOR: Place = (40.84526, 14.277081);
const STREETS_M: u64 = 1_318;
/// A driver of nobody knows where, off the way.
const AWAY: Place = (40.856264, 14.268641);
/// 30 km/h.
const MS_PER_METRE: u64 = 120;

fn located(pizza: &Pizza, (lat, lon): Place) -> u64 {
    let at = now_ms();
    let place = json!({"lat": lat, "lon": lon, "timestamp": at});
    let told = pizza.post("/api/drivers/rider/location", &place);
    assert_eq!(told.status, 200, "{}", told.text());
    at
}

fn driver(pizza: &Pizza) -> Value {
    pizza.get("/api/drivers/rider/status").json()
}

/// An order to that door, which the driver has accepted.
fn accepted(pizza: &Pizza) -> String {
    let wish = json!({"customerId": "c", "restaurantId": "napoli",
        "items": [{"pizzaType": "Margherita", "quantity": 1}],
        "deliveryLocation": {"lat": DOOR.0, "lon": DOOR.1}});
    let order = pizza.post("/api/orders", &wish);
    assert_eq!(order.status, 201, "{}", order.text());
    let order = order.json()["orderId"].as_str().expect("an id").to_owned();
    until("the offer", || {
        (driver(pizza)["offer"]["orderId"] == *order).then_some(())
    });
    let accept = pizza.post("/api/drivers/rider/accept", &json!({"orderId": order}));
    assert_eq!(accept.status, 200, "{}", accept.text());
    order
}

/// How long the order takes from where its driver was told to be, in milliseconds, once it knows.
fn left_ms(pizza: &Pizza, order: &str, place: Place, at: u64) -> u64 {
    let told = until("the order to know where its driver is", || {
        let path = format!("/api/actors/order/{order}/get");
        let told = pizza.post(&path, &json!([])).json()["ok"].clone();
        let known = &told["driverLocation"];
        (known["lat"] == place.0 && known["lon"] == place.1).then_some(told)
    });
    // The customer is told the same, in letters.
    let told_customer = pizza.get(&format!("/api/orders/{order}")).json();
    assert!(
        told_customer["estimatedDeliveryAt"].is_string(),
        "{told_customer}"
    );
    told["estimatedDeliveryAt"].as_u64().expect("a time") - at
}

fn picked_up(pizza: &Pizza, order: &str) {
    let picked_up = pizza.post("/api/drivers/rider/picked-up", &json!({}));
    assert_eq!(picked_up.status, 200, "{}", picked_up.text());
    until("the order to be on the road", || {
        let told = pizza.get(&format!("/api/orders/{order}")).json();
        (told["status"] == "outForDelivery").then_some(())
    });
}

fn places(route: &Value) -> Vec<Place> {
    let degrees = |value: &Value| value.as_f64().expect("degrees");
    let path = route["path"].as_array().expect("a path").iter();
    path.map(|place| (degrees(&place["lat"]), degrees(&place["lon"])))
        .collect()
}

fn lies_on_streets(path: &[Place]) {
    let segments = segments();
    for leg in path.windows(2) {
        let middle = ((leg[0].0 + leg[1].0) / 2.0, (leg[0].1 + leg[1].1) / 2.0);
        let off = segments.iter().map(|segment| off_m(middle, *segment));
        let off = off.fold(f64::INFINITY, f64::min);
        assert!(off < 1.0, "{middle:?} is {off} m off the streets");
    }
}

#[test]
fn an_order_is_driven_along_the_streets_and_its_eta_shrinks() {
    let world = World::new(&["--speed", "600"]);
    let pizza = &world.pizza;
    hire(pizza, &["rider"]);
    located(pizza, AWAY);
    let order = accepted(pizza);
    // To the restaurant, and on to the door.
    let route = driver(pizza)["route"].clone();
    assert_eq!(route["basis"], "streets", "{route}");
    assert_eq!(route["legs"][1]["metres"], STREETS_M, "{route}");
    let path = places(&route);
    assert_eq!((path[0], path[path.len() - 1]), (AWAY, DOOR));
    assert!(path.contains(&KITCHEN));
    lies_on_streets(&path);

    picked_up(pizza, &order);
    located(pizza, KITCHEN);
    let path = places(&driver(pizza)["route"]);
    assert_eq!((path[0], path[path.len() - 1]), (KITCHEN, DOOR));
    assert!(path.len() > 5, "{path:?}");
    let (mut lefts, mut aheads) = (Vec::new(), Vec::new());
    for place in &path {
        let at = located(pizza, *place);
        lefts.push(left_ms(pizza, &order, *place, at));
        let route = driver(pizza)["route"].clone();
        aheads.push(route["metres"].as_u64().expect("metres"));
    }
    // At first it is as far as the streets are long, and not as 1.3 times the straight line.
    assert!(
        lefts[0].abs_diff(STREETS_M * MS_PER_METRE) < 1_000,
        "{lefts:?}"
    );
    assert_eq!(
        (aheads[0], aheads[aheads.len() - 1]),
        (STREETS_M, 0),
        "{aheads:?}"
    );
    // Where the way leads around a corner it may be about as far as before.
    assert!(
        lefts.windows(2).all(|pair| pair[1] < pair[0] + 2_000),
        "{lefts:?}"
    );
    assert!(
        aheads.windows(2).all(|pair| pair[1] < pair[0]),
        "{aheads:?}"
    );
    assert!(lefts[lefts.len() - 1] < 1_000, "{lefts:?}");
    let delivered = pizza.post("/api/drivers/rider/delivered", &json!({}));
    assert_eq!(delivered.status, 200, "{}", delivered.text());
    assert_eq!(driver(pizza)["route"], Value::Null);

    // Whoever knows the streets is of no use any more: what is told is the straight line, and
    // says so, and the order is delivered.
    let file = variant("route", "faulty").display().to_string();
    world.activate(&file, "route");
    let order = accepted(pizza);
    let route = driver(pizza)["route"].clone();
    assert_eq!(route["basis"], "straightLine", "{route}");
    picked_up(pizza, &order);
    let at = located(pizza, KITCHEN);
    let left = left_ms(pizza, &order, KITCHEN, at);
    assert!(left.abs_diff(163_577) < 1_000, "1,048.6 m × 1.3: {left}");
    let delivered = pizza.post("/api/drivers/rider/delivered", &json!({}));
    assert_eq!(delivered.status, 200, "{}", delivered.text());
    world.expect_status(&order, "delivered");
}

/// Callers at once.
const CALLERS: usize = 3;
/// Swaps while they call.
const SWAPS: u32 = 4;
/// So many answers between two swaps, at least.
const ANSWERS: usize = 20;

#[test]
fn no_call_fails_while_who_knows_the_streets_is_swapped() {
    let _busy = machine::share();
    let dir = tempfile::tempdir().expect("a directory");
    let config = dir.path().join("pizza.toml");
    std::fs::write(&config, "[gateway]\nrate_per_second = 0\n").expect("a file");
    let world = World::new(&["--config", &config.display().to_string()]);
    let place = |(lat, lon): Place| json!({"lat": lat, "lon": lon});
    let stops: Vec<Value> = (0..9)
        .map(|n| {
            place((
                KITCHEN.0 + f64::from(n % 3) * 0.002,
                KITCHEN.1 + f64::from(n / 3) * 0.002,
            ))
        })
        .collect();
    let question = json!([place(AWAY), stops, null]);
    let (ends, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        for caller in 0..CALLERS {
            let (world, question, ends, answered) = (&world, &question, &ends, &answered);
            threads.spawn(move || {
                let path = format!("/api/actors/route/worker-{caller}/order-of-stops");
                let mut first = None;
                while !ends.load(Ordering::Relaxed) {
                    let answer = world.pizza.post(&path, question);
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    let told = answer.json();
                    assert_eq!(told["ok"]["exact"], true, "{told}");
                    assert_eq!(first.get_or_insert_with(|| told.clone()), &told);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let enough = |from: usize| {
            until("enough answers", || {
                (answered.load(Ordering::Relaxed) >= from + ANSWERS).then_some(())
            });
        };
        // A caller that failed is told of when the scope ends, so that nothing here may wait for
        // all of them.
        let wasm = bundled("route");
        for swap in 0..SWAPS {
            enough(answered.load(Ordering::Relaxed));
            let file = world.file("route.wasm", &marked(&wasm, swap));
            let digest = world.activate(&file, "route");
            assert_eq!(world.current("route"), digest);
        }
        enough(answered.load(Ordering::Relaxed));
        succeeded(&world.cli(&["module", "rollback", "route"]));
        enough(answered.load(Ordering::Relaxed));
        ends.store(true, Ordering::Relaxed);
    });
    let swaps = world.audit("route").into_iter();
    let swaps = swaps.filter(|line| line["what"] == "activated").count();
    assert!(swaps > SWAPS as usize, "{swaps} activations");
    // None of them has left anything behind.
    for caller in 0..CALLERS {
        let worker = format!("route/worker-{caller}");
        let actor = world.json(&["actor", "get", &worker]);
        assert_ne!(actor["exists"], true, "{actor}");
    }
}
