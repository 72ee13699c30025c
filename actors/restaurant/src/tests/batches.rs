//! Events that come together leave what they would have left one by one.

use super::*;

/// SplitMix64 (Steele, Lea and Flood, 2014): chance that is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

const STATES: [&str; 8] = [
    "created",
    "preparing",
    "baking",
    "ready",
    "outForDelivery",
    "delivered",
    "cancelled",
    "rejected",
];
const DRIVERS: [&str; 3] = ["ada", "bo", "cy"];

/// Events of a dozen orders in any order of states, with news that are no moves, alerts and what
/// nobody understands among them; all of them within some days.
fn events(chance: &mut Chance, begin: u64) -> Vec<String> {
    let mut last = [None; 12];
    let mut at = begin;
    let mut events = Vec::new();
    for _ in 0..300 {
        at += chance.below(1_200_000);
        match chance.below(40) {
            0 => events.push(json!({"at": at, "alert": {"kind": "k", "message": "m"}}).to_string()),
            1 => events.push("no event".to_owned()),
            _ => {}
        }
        let order = usize::try_from(chance.below(12)).unwrap();
        let is_move = last[order].is_none() || chance.below(4) > 0;
        let status = if is_move {
            // Onward most of the time, so that some orders come to an end.
            let next = last[order].map_or(0, |state| state + 1);
            let by_chance = usize::try_from(chance.below(8)).unwrap();
            let is_usual = chance.below(4) > 0 && next < STATES.len();
            if is_usual { next } else { by_chance }
        } else {
            last[order].unwrap()
        };
        let mut event = json!({
            "orderId": format!("order-{order}"), "customerId": "c", "at": at,
            "version": if last[order].is_none() { 1 } else { 2 }, "status": STATES[status],
            "late": chance.below(9) == 0, "totalCents": 100 + chance.below(900),
            "createdAt": begin + u64::try_from(order).unwrap(),
        });
        if is_move && let Some(from) = last[order] {
            event["from"] = STATES[from].into();
        }
        if status >= 3 && chance.below(2) == 0 {
            event["driverId"] = DRIVERS[usize::try_from(chance.below(3)).unwrap()].into();
        }
        last[order] = Some(status);
        events.push(event.to_string());
    }
    events
}

/// All that can be seen of the restaurant, and all that it keeps and has done.
fn seen(host: &Host, restaurant: &Restaurant) -> Vec<String> {
    let mut seen = host.entries();
    seen.push(silo_sdk::json::to_string(restaurant).unwrap());
    let states = [
        None,
        Some(Status::Created),
        Some(Status::Preparing),
        Some(Status::Baking),
        Some(Status::Ready),
        Some(Status::OutForDelivery),
        Some(Status::Delivered),
        Some(Status::Cancelled),
        Some(Status::Rejected),
    ];
    seen.extend(states.map(|status| format!("{:?}", restaurant.orders(status, None, 200))));
    seen.push(format!("{:?}", restaurant.metrics()));
    seen.push(format!("{:?}", restaurant.hours(200)));
    seen.push(format!("{:?}", restaurant.days(200)));
    seen.push(format!("{:?}", restaurant.drivers()));
    seen.push(format!("{:?}", host.reminders()));
    seen.extend(host.sent().iter().map(|sent| format!("{sent:?}")));
    seen.push(format!("{:?}", host.logs()));
    seen
}

/// Tells the events in batches of at most so many.
fn told(seed: u64, batch_max: u64) -> Vec<String> {
    let (host, mut restaurant) = open(&DRIVERS);
    for (driver, north) in DRIVERS.iter().zip([1.0, 2.0, 3.0]) {
        let driver = free(&host, driver, north);
        restaurant.driver_changed(driver).unwrap();
    }
    let events = events(&mut Chance(seed), host.now_ms());
    let mut sizes = Chance(!seed);
    let events: Vec<(u64, &str)> = (1..).zip(events.iter().map(String::as_str)).collect();
    let mut left = events.as_slice();
    while !left.is_empty() {
        let size = usize::try_from(1 + sizes.below(batch_max)).unwrap();
        let (batch, rest) = left.split_at(size.min(left.len()));
        restaurant.on_order_events(batch.iter().copied());
        left = rest;
    }
    seen(&host, &restaurant)
}

#[test]
fn a_batch_leaves_what_its_events_leave_one_by_one() {
    let mut offers = 0;
    for seed in 0..40 {
        let one_by_one = told(seed, 1);
        for batch_max in [3, 40, 256, 1_000] {
            assert_eq!(
                told(seed, batch_max),
                one_by_one,
                "seed {seed}, {batch_max}"
            );
        }
        offers += one_by_one
            .iter()
            .filter(|line| line.contains("offer"))
            .count();
    }
    // The drivers had their part in it.
    assert!(offers > 100, "{offers}");
}

#[test]
fn a_batch_takes_old_orders_and_periods_out_as_its_events_would() {
    const DAY_MS: u64 = 86_400_000;
    let (host, mut restaurant) = open(&[]);
    let now = host.now_ms();
    let order = |number: u64, created_at: u64| {
        let mut order = event(&host, &format!("order-{number}"), None, "created");
        order["createdAt"] = created_at.into();
        order["at"] = created_at.into();
        order.to_string()
    };
    let before: Vec<String> = (0..20).map(|n| order(n, now + n * DAY_MS)).collect();
    restaurant.on_order_events((1..).zip(before.iter().map(String::as_str)));
    assert_eq!(restaurant.orders(None, None, 200).len(), 20);
    assert_eq!(restaurant.days(90).len(), 20);
    // The first ten are older than ninety days then; five events take two each.
    let later = now + 100 * DAY_MS - 1;
    let batch: Vec<String> = (100..105).map(|n| order(n, later)).collect();
    restaurant.on_order_events((21..).zip(batch.iter().map(String::as_str)));
    let left = restaurant.orders(None, None, 200);
    assert_eq!(left.len(), 10 + 5);
    assert_eq!(
        restaurant.orders(Some(Status::Created), None, 200).len(),
        15
    );
    assert_eq!(restaurant.days(90).len(), 11);
    assert_eq!(restaurant.hours(168).len(), 1);
}
