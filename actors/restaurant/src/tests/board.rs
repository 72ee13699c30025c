//! What a manager's screen is told: orders that have not ended, alerts, and how long everything takes.

use super::*;
use crate::bindings::types::Urgency;

/// Tells events at these positions.
fn tell_at(restaurant: &mut Restaurant, position: u64, event: &Value) {
    restaurant.on_order_events([(position, event.to_string().as_str())]);
}

/// The first event of an order, as the order tells it.
fn first(host: &Host, order_id: &str) -> Value {
    let mut first = event(host, order_id, None, "created");
    first["createdAt"] = host.now_ms().into();
    first["estimatedDeliveryAt"] = (host.now_ms() + 45 * 60_000).into();
    first["items"] = json!([{"pizzaType": "Margherita", "quantity": 2, "unitPriceCents": 445}]);
    first["deliveryAddress"] = "Via Toledo 1".into();
    first["deliverTo"] = json!({"lat": 40.84, "lon": 14.25});
    first["customerName"] = "Ada".into();
    first["note"] = "ring twice".into();
    first
}

/// An order that has come from `from` to `status`, so long after it was made.
fn moved(begun: &Value, from: &str, status: &str, version: u64, later_ms: u64) -> Value {
    let mut event = begun.clone();
    for what in ["items", "deliveryAddress", "customerName", "note"] {
        event.as_object_mut().unwrap().remove(what);
    }
    event["from"] = from.into();
    event["status"] = status.into();
    event["version"] = version.into();
    event["at"] = (begun["at"].as_u64().unwrap() + later_ms).into();
    event
}

#[test]
fn the_board_has_each_order_that_has_not_ended_with_what_was_wished_for() {
    let (host, mut restaurant) = open(&["ada"]);
    let begun = first(&host, "order-1");
    tell_at(&mut restaurant, 7, &begun);
    tell_at(&mut restaurant, 8, &first(&host, "order-2"));
    let begun_at = begun["at"].as_u64().unwrap();
    let baking = moved(&begun, "preparing", "baking", 3, 2_000);
    tell_at(
        &mut restaurant,
        9,
        &moved(&begun, "created", "preparing", 2, 1_000),
    );
    tell_at(&mut restaurant, 10, &baking);
    let mut late = moved(&begun, "preparing", "baking", 4, 9_000);
    late.as_object_mut().unwrap().remove("from");
    late["late"] = true.into();
    tell_at(&mut restaurant, 11, &late);
    let board = restaurant.board().unwrap();
    assert_eq!(board.position, 11);
    assert_eq!(board.restaurant.restaurant_id, "napoli");
    assert_eq!(board.drivers.len(), 0, "nobody has said anything yet");
    let ids: Vec<_> = board.orders.iter().map(|o| &*o.order_id).collect();
    assert_eq!(ids, ["order-2", "order-1"]);
    let order = &board.orders[1];
    assert_eq!((order.status, order.version), (Status::Baking, 4));
    assert_eq!(order.since, begun_at + 2_000);
    assert_eq!(order.updated_at, begun_at + 9_000);
    assert_eq!(
        (order.late, order.late_since),
        (true, Some(begun_at + 9_000))
    );
    assert_eq!(order.items.as_ref().unwrap()[0].quantity, 2);
    assert_eq!(order.delivery_address.as_deref(), Some("Via Toledo 1"));
    assert_eq!(order.customer_name.as_deref(), Some("Ada"));
    assert_eq!(order.note.as_deref(), Some("ring twice"));
    assert_eq!(order.delivery_location.unwrap().lat, 40.84);
    assert!(order.estimated_delivery_at.is_some());
    assert_eq!(restaurant.metrics().late, Some(1));
    // Burned: it is made again, and late as before.
    let mut again = moved(&begun, "baking", "preparing", 5, 10_000);
    again["late"] = true.into();
    tell_at(&mut restaurant, 12, &again);
    let order = restaurant.open_orders(None, 10).pop().unwrap();
    assert_eq!(
        (order.remakes, order.late_since),
        (1, Some(begun_at + 9_000))
    );
    let mut over = moved(&begun, "preparing", "cancelled", 6, 11_000);
    over["late"] = true.into();
    tell_at(&mut restaurant, 13, &over);
    let board = restaurant.board().unwrap();
    assert_eq!((board.position, board.orders.len()), (13, 1));
    assert_eq!(restaurant.metrics().late, Some(0));
    assert_eq!(restaurant.days(1)[0].late, Some(1));
}

#[test]
fn open_orders_come_page_by_page_and_none_is_missed() {
    let (host, mut restaurant) = open(&[]);
    let mut all = Vec::new();
    for number in 0..7 {
        let mut begun = first(&host, &format!("order-{number}"));
        begun["createdAt"] = (host.now_ms() + number).into();
        tell(&mut restaurant, &begun);
        if number % 2 == 0 {
            tell(
                &mut restaurant,
                &moved(&begun, "created", "preparing", 2, 1),
            );
        }
        all.push(format!("order-{number}"));
    }
    for limit in [1, 2, 3, 4, 200] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = restaurant.open_orders(after, limit);
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = Some(last.cursor.clone());
            seen.extend(page.into_iter().map(|order| order.order_id));
        }
        seen.sort();
        assert_eq!(seen, all, "{limit} at a time");
    }
    // What nobody has ever told is where a list begins.
    assert_eq!(
        restaurant
            .open_orders(Some("nonsense".to_owned()), 200)
            .len(),
        7
    );
}

/// As much as an order can have, in letters of four bytes each.
fn large(host: &Host, order_id: &str) -> Value {
    let text = |letters| "\u{1f355}".repeat(letters);
    let mut large = first(host, order_id);
    let item = json!({"pizzaType": text(128), "quantity": 99, "unitPriceCents": u32::MAX});
    large["items"] = vec![item; 50].into();
    large["deliveryAddress"] = text(500).into();
    large["customerName"] = text(100).into();
    large["note"] = text(200).into();
    large
}

#[test]
fn a_page_of_large_orders_ends_early_and_none_is_missed() {
    const REPLY_BYTES_MAX: usize = 1 << 20;
    let (host, mut restaurant) = open(&[]);
    for number in 0..60 {
        let begun = large(&host, &format!("order-{number:02}"));
        tell(&mut restaurant, &begun);
        if number % 2 == 0 {
            tell(
                &mut restaurant,
                &moved(&begun, "created", "preparing", 2, 1),
            );
        }
    }
    let length = |page: &[OpenOrder]| silo_sdk::json::to_string(page).unwrap().len();
    let (mut seen, mut page) = (Vec::new(), restaurant.board().unwrap().orders);
    assert!(length(&page) > REPLY_BYTES_MAX / 4, "not one by one");
    while let Some(last) = page.last() {
        assert!(length(&page) < REPLY_BYTES_MAX / 2, "{}", length(&page));
        let after = Some(last.cursor.clone());
        seen.extend(page.into_iter().map(|order| order.order_id));
        page = restaurant.open_orders(after, 200);
    }
    seen.sort();
    let all: Vec<_> = (0..60).map(|number| format!("order-{number:02}")).collect();
    assert_eq!(seen, all);
}

#[test]
fn a_list_and_a_search_do_not_look_at_items() {
    let (host, mut restaurant) = open(&[]);
    let begun = first(&host, "order-1");
    tell(&mut restaurant, &begun);
    let name = orders::name(host.now_ms(), "order-1");
    // Whoever looked at these could not read them.
    let details = silo_sdk::entries::Table::<Value>::new("f");
    let mut row = details.get(&name).unwrap();
    row["i"] = "no items".into();
    details.insert(&name, &row);
    let listed = restaurant.orders(None, None, 10);
    assert_eq!(listed[0].customer_name.as_deref(), Some("Ada"));
    let found = restaurant.find_orders("toledo".to_owned(), None, None, 10);
    assert_eq!(found.orders, listed);
}

#[test]
fn a_restaurant_that_is_not_set_up_has_no_board() {
    let _host = Host::new("restaurant", "napoli");
    let refused = Restaurant::default().board();
    assert!(matches!(refused, Err(Refusal::NotFound(_))));
}

#[test]
fn orders_are_found_by_what_somebody_can_tell_of_them() {
    let (host, mut restaurant) = open(&[]);
    for number in 0..4_u64 {
        let mut begun = first(&host, &format!("order-{number}"));
        begun["createdAt"] = (host.now_ms() + number).into();
        begun["customerId"] = format!("customer-{number}").into();
        if number == 2 {
            begun["customerName"] = "Béatrice".into();
            begun["deliveryAddress"] = "Corso Umberto 40".into();
        }
        tell(&mut restaurant, &begun);
    }
    let found = |text: &str, limit| restaurant.find_orders(text.to_owned(), None, None, limit);
    for (text, expected) in [
        ("BÉA", &["order-2"][..]),
        ("umberto 4", &["order-2"]),
        ("customer-3", &["order-3"]),
        ("er-0", &["order-0"]),
        ("toledo", &["order-3", "order-1", "order-0"]),
        ("nobody", &[]),
    ] {
        let found = found(text, 10);
        let ids: Vec<_> = found.orders.iter().map(|line| &*line.order_id).collect();
        assert_eq!((ids, found.next), (expected.to_vec(), None), "{text}");
    }
    let first = found("toledo", 1);
    assert_eq!(first.orders[0].order_id, "order-3");
    assert_eq!(first.orders[0].customer_name.as_deref(), Some("Ada"));
    let next = restaurant.find_orders("toledo".to_owned(), None, first.next, 10);
    assert_eq!(next.orders.len(), 2);
    let ready = restaurant.find_orders("toledo".to_owned(), Some(Status::Ready), None, 10);
    assert!(ready.orders.is_empty());
}

#[test]
fn what_was_late_before_late_ones_were_listed_is_counted_with_its_next_event() {
    let (host, mut restaurant) = open(&[]);
    let mut late = first(&host, "order-1");
    late["late"] = true.into();
    tell(&mut restaurant, &late);
    // As an older module has left it.
    let listed = silo_sdk::entries::Table::<()>::new("l");
    listed.remove(&listed.first().unwrap().0);
    assert_eq!(restaurant.metrics().late, Some(0));
    let mut still = moved(&late, "created", "preparing", 2, 1_000);
    tell(&mut restaurant, &still);
    assert_eq!(restaurant.metrics().late, Some(1));
    assert_eq!(restaurant.days(1)[0].late, Some(1), "it became late once");
    still = moved(&late, "preparing", "cancelled", 3, 2_000);
    tell(&mut restaurant, &still);
    assert_eq!(restaurant.metrics().late, Some(0));
}

#[test]
fn alerts_are_kept_by_their_position_and_seen_once() {
    let (host, mut restaurant) = open(&[]);
    for position in 1..=600_u64 {
        let alert = json!({"at": position, "alert": {
            "kind": "overheat", "message": "hot", "severity": "critical", "source": "kitchen/napoli",
        }});
        tell_at(&mut restaurant, position, &alert);
    }
    // As an older module says it.
    let plain = json!({"at": 9, "alert": {"kind": "low-stock", "message": "low on basil"}});
    tell_at(&mut restaurant, 601, &plain);
    let newest = restaurant.alerts(None, 2);
    assert_eq!((newest[0].id, newest[1].id), (601, 600));
    assert_eq!(newest[0].severity, Urgency::Warning);
    assert_eq!(newest[1].severity, Urgency::Critical);
    assert_eq!(newest[1].source.as_deref(), Some("kitchen/napoli"));
    assert_eq!(restaurant.alerts(Some(600), 1)[0].id, 599);
    assert_eq!(restaurant.alerts(Some(103), 10).len(), 1, "500 are kept");
    let before = host.published("restaurant-orders").len();
    let seen = restaurant
        .see_alert(600, "manager/napoli".to_owned())
        .unwrap();
    assert_eq!(seen.seen_by.as_deref(), Some("manager/napoli"));
    let again = restaurant.see_alert(600, "admin/root".to_owned()).unwrap();
    assert_eq!(again, seen);
    let told = host.published("restaurant-orders");
    assert_eq!(told.len(), before + 1);
    assert_eq!(told[before]["kind"], "alert-seen");
    assert_eq!(told[before]["seen"]["id"], 600);
    // Its own news are no news to it.
    tell_at(&mut restaurant, 602, &told[before]);
    assert_eq!(restaurant.alerts(None, 1)[0].id, 601);
    assert!(matches!(
        restaurant.see_alert(3, "manager/napoli".to_owned()),
        Err(Refusal::NotFound(_))
    ));
    assert_eq!(restaurant.board().unwrap().alerts.len(), 50);
}

#[test]
fn an_alert_is_seen_once_what_it_asks_for_is_decided() {
    let (host, mut restaurant) = open(&[]);
    for (position, about) in [(3, "supply-1"), (4, "supply-2"), (5, "supply-1")] {
        let alert = json!({"at": position, "alert": {
            "kind": "supply-proposed", "message": "waits for a yes", "about": about,
        }});
        tell_at(&mut restaurant, position, &alert);
    }
    host.clear_effects();
    let decided =
        json!({"kind": "decided", "at": 6, "about": "supply-1", "by": "inventory/napoli"});
    for position in [6, 7] {
        tell_at(&mut restaurant, position, &decided);
    }
    let alerts = restaurant.alerts(None, 10).into_iter();
    let seen: Vec<_> = alerts.map(|alert| (alert.id, alert.seen_by)).collect();
    let by = Some("inventory/napoli".to_owned());
    assert_eq!(seen, [(5, by.clone()), (4, None), (3, by)]);
    // All screens hear of it, once each.
    let told = host.published("restaurant-orders");
    let told: Vec<_> = told.iter().map(|event| &event["seen"]["id"]).collect();
    assert_eq!(told, [&json!(5), &json!(3)]);
}

#[test]
fn alerts_that_come_together_are_swept_once() {
    let (host, mut restaurant) = open(&[]);
    let alert = json!({"at": 1, "alert": {"kind": "overheat", "message": "hot"}}).to_string();
    let batch = |restaurant: &mut Restaurant, positions: std::ops::RangeInclusive<u64>| {
        restaurant.on_order_events(positions.map(|position| (position, alert.as_str())));
    };
    batch(&mut restaurant, 1..=500);
    let before = host.entries_read();
    batch(&mut restaurant, 501..=600);
    let read = host.entries_read() - before;
    assert_eq!(read, 600, "those that are kept, and those that go");
    assert_eq!(restaurant.alerts(Some(103), 10).len(), 2);
    let kept = host.entries().into_iter();
    assert_eq!(kept.filter(|name| name.starts_with("a/")).count(), 500);
}

#[test]
fn a_manager_hears_of_a_restaurant_that_is_closed() {
    let (host, mut restaurant) = open(&[]);
    restaurant.set_open(false, None, None).unwrap();
    let told = host.published("restaurant-orders");
    let last = told.last().unwrap();
    assert_eq!(last["kind"], "restaurant");
    assert_eq!(last["restaurant"]["profile"]["open"], false);
    tell(&mut restaurant, last);
    assert!(restaurant.orders(None, None, 10).is_empty());
}

#[test]
fn free_drivers_are_told_by_their_distance() {
    let (host, mut restaurant) = open(&["far", "near", "lost", "busy"]);
    for (driver, north) in [("far", 5.0), ("near", 1.0), ("lost", 0.1), ("busy", 0.0)] {
        let mut driver = free(&host, driver, north);
        match &*driver.driver_id {
            "busy" => driver.status = Availability::Busy,
            "lost" => driver.location = None,
            _ => {}
        }
        restaurant.driver_changed(driver).unwrap();
    }
    let free = restaurant.free_drivers();
    let ids: Vec<_> = free.iter().map(|driver| &*driver.driver_id).collect();
    assert_eq!(ids, ["near", "far", "lost"]);
    // A hundredth of a degree of latitude.
    let metres = free[0].distance_m.unwrap();
    assert!((1_105..1_120).contains(&metres), "{metres}");
    assert_eq!(free[2].distance_m, None);
}

#[test]
fn durations_are_told_by_stage_chef_and_driver() {
    let (host, mut restaurant) = open(&[]);
    for (number, baking_ms) in [(1, 60_000_u64), (2, 120_000)] {
        let begun = first(&host, &format!("order-{number}"));
        tell(&mut restaurant, &begun);
        let steps = [
            ("created", "preparing", 30_000, Some("chef/napoli.1")),
            ("preparing", "baking", 90_000, Some("chef/napoli.1")),
            ("baking", "ready", 90_000 + baking_ms, Some("chef/napoli.1")),
            ("ready", "outForDelivery", 400_000, None),
            ("outForDelivery", "delivered", 700_000, None),
        ];
        for (version, (from, status, later, by)) in (2..).zip(steps) {
            let mut event = moved(&begun, from, status, version, later);
            if let Some(by) = by {
                event["by"] = by.into();
            } else {
                event["driverId"] = "ada".into();
            }
            tell(&mut restaurant, &event);
        }
    }
    // How long somebody waited before they gave up is no stage.
    let begun = first(&host, "order-3");
    tell(&mut restaurant, &begun);
    tell(
        &mut restaurant,
        &moved(&begun, "created", "cancelled", 2, 5_000_000),
    );
    let took = restaurant.durations(1);
    let stages: Vec<_> = took
        .stages
        .iter()
        .map(|stage| (stage.stage, stage.took.count, stage.took.average_ms))
        .collect();
    assert_eq!(
        stages,
        [
            (Status::Created, 2, 30_000),
            (Status::Preparing, 2, 60_000),
            (Status::Baking, 2, 90_000),
            (Status::Ready, 2, 220_000),
            (Status::OutForDelivery, 2, 300_000),
        ]
    );
    let baking = &took.stages[2].took;
    // Of two, they are the two.
    assert_eq!((baking.p50_ms, baking.p95_ms), (60_000, 120_000));
    assert_eq!(took.chefs.len(), 1);
    let chef = &took.chefs[0];
    assert_eq!(
        (&*chef.id, chef.took.count, chef.took.average_ms),
        ("napoli.1", 2, 150_000)
    );
    let driver = &took.drivers[0];
    assert_eq!(
        (&*driver.id, driver.took.count, driver.took.average_ms),
        ("ada", 2, 300_000)
    );
    let day = restaurant.metrics().last_day;
    assert_eq!(day.p50_delivery_ms, Some(700_000));
}

#[test]
fn durations_of_other_days_are_left_out() {
    const DAY_MS: u64 = 86_400_000;
    let (host, mut restaurant) = open(&[]);
    for days_ago in [0_u64, 3, 100] {
        let mut begun = first(&host, &format!("order-{days_ago}"));
        for time in ["at", "createdAt"] {
            begun[time] = (host.now_ms() - days_ago * DAY_MS).into();
        }
        tell(&mut restaurant, &begun);
        tell(
            &mut restaurant,
            &moved(&begun, "created", "preparing", 2, 1_000),
        );
    }
    let count = |days| restaurant.durations(days).stages[0].took.count;
    assert_eq!((count(1), count(3), count(4), count(90)), (1, 1, 2, 2));
}

#[test]
fn of_too_many_drivers_the_newest_days_are_told() {
    const DAY_MS: u64 = 86_400_000;
    let (host, mut restaurant) = open(&[]);
    // 500 drivers, each of whom brings one order on each of five days, one minute slower each day.
    for days_ago in 0..5 {
        let events: Vec<_> = (0..500)
            .flat_map(|number| {
                let mut begun = first(&host, &format!("order-{days_ago}-{number}"));
                for time in ["at", "createdAt"] {
                    begun[time] = (host.now_ms() - days_ago * DAY_MS).into();
                }
                let out = moved(&begun, "ready", "outForDelivery", 2, 0);
                let took = (1 + days_ago) * 60_000;
                let mut there = moved(&begun, "outForDelivery", "delivered", 3, took);
                there["driverId"] = format!("driver-{number:03}").into();
                [begun.to_string(), out.to_string(), there.to_string()]
            })
            .collect();
        restaurant.on_order_events((1..).zip(events.iter().map(String::as_str)));
    }
    let took = |days| {
        let before = host.entries_read();
        let report = restaurant.durations(days);
        (report, host.entries_read() - before)
    };
    let (two_days, _) = took(2);
    assert_eq!(two_days.more, None, "all of them");
    let (all, read) = took(90);
    // Two whole days of drivers, and what says that there are more; five days of stages.
    assert!(read < 1_300, "{read}");
    assert_eq!(all.more, Some(true));
    assert_eq!(all.drivers, two_days.drivers);
    assert_eq!(all.drivers.len(), 500);
    for driver in &all.drivers {
        assert_eq!((driver.took.count, driver.took.average_ms), (2, 90_000));
    }
    assert_eq!(all.stages.last().unwrap().took.count, 2_500);
}
