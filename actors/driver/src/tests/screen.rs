//! What screens hear of a driver, and what a day comes to.

use silo_sdk::json::{Value, json};
use silo_sdk::testing::{failed, plain};

use super::*;

fn told(host: &Host) -> Vec<(String, Value)> {
    let events = host.published("driver-events").into_iter();
    let kind = |event: Value| (event["kind"].as_str().unwrap().to_owned(), event);
    events.map(kind).collect()
}

fn kinds(host: &Host) -> Vec<String> {
    told(host).into_iter().map(|(kind, _)| kind).collect()
}

fn at_restaurant(host: &Host, kind: &str) -> Vec<Value> {
    let events = host.published("restaurant-orders").into_iter();
    events.filter(|event| event["kind"] == kind).collect()
}

fn details(host: &Host) -> Option<OfferDetails> {
    Some(OfferDetails {
        offered_at: host.now_ms(),
        restaurant_name: Some("Napoli".to_owned()),
        pick_up_address: Some("Piazza Grande 1".to_owned()),
        pizzas: Some(3),
    })
}

fn north(metres: f64) -> Location {
    Location {
        lat: PLACE.lat + metres / 111_195.0,
        lon: PLACE.lon,
    }
}

fn fix(at: u64, metres: f64) -> Fix {
    Fix {
        location: north(metres),
        at,
        motion: None,
    }
}

#[test]
fn an_offer_is_told_with_all_that_one_decides_by_and_no_door() {
    let (host, mut driver) = available();
    driver
        .update_location(north(1_000.0), host.now_ms(), None)
        .unwrap();
    host.clear_effects();
    let mut offered = delivery("order-1", host.now_ms());
    offered.deliver_to = Some(north(500.0));
    driver.offer(offered, details(&host)).unwrap();
    let (kind, event) = told(&host).pop().unwrap();
    assert_eq!((&*kind, &event["orderId"]), ("offer", &"order-1".into()));
    let offer = &event["driver"]["offer"];
    assert_eq!(offer["seconds"], 60);
    assert_eq!(offer["pizzas"], 3);
    assert_eq!(offer["restaurantName"], "Napoli");
    assert_eq!(offer["pickUpAddress"], "Piazza Grande 1");
    // Along streets, of which nobody knows: 1.3 times the straight line.
    assert_eq!(
        (&offer["toRestaurantM"], &offer["toDoorM"]),
        (&json!(1_300), &json!(650))
    );
    let shown = at_restaurant(&host, "driver-state").pop().unwrap();
    assert_eq!(shown["driver"]["offeredOrderId"], "order-1");
    assert_eq!(driver.duty().unwrap().offer.unwrap().pizzas, Some(3));
}

#[test]
fn an_offer_that_is_gone_says_where_it_went() {
    let (host, mut driver) = available();
    let mut reasons = Vec::new();
    for end in ["reject", "withdraw", "expire"] {
        driver
            .offer(delivery("order-1", host.now_ms()), details(&host))
            .unwrap();
        host.clear_effects();
        match end {
            "reject" => driver.reject("order-1".to_owned()).unwrap(),
            "withdraw" => driver.withdraw("order-1".to_owned()).unwrap(),
            _ => {
                host.advance(std::time::Duration::from_secs(60));
                driver.withdraw("order-1".to_owned()).unwrap()
            }
        };
        let (kind, event) = told(&host).pop().unwrap();
        assert_eq!(kind, "withdrawn");
        assert!(event["driver"]["offer"].is_null());
        reasons.push(event["reason"].as_str().unwrap().to_owned());
    }
    assert_eq!(reasons, ["declined", "taken", "expired"]);
    host.clear_effects();
    driver.withdraw("order-1".to_owned()).unwrap();
    assert_eq!(kinds(&host), Vec::<String>::new(), "nothing was offered");
}

#[test]
fn each_step_of_a_delivery_is_told_once() {
    let (host, mut driver) = available();
    host.clear_effects();
    the_order_agrees(&host);
    host.answer("order", "update-status", |order, _| {
        let mut theirs = order_of(order);
        theirs["status"] = "outForDelivery".into();
        theirs["version"] = 7.into();
        ok(theirs)
    });
    given(&host, &mut driver, "order-1");
    driver.picked_up(None).unwrap();
    driver.picked_up(None).unwrap();
    driver.delivered(None).unwrap();
    assert_eq!(kinds(&host), ["assigned", "order", "released"]);
    let events = told(&host);
    assert_eq!(
        (&events[1].1["status"], &events[1].1["version"]),
        (&"outForDelivery".into(), &7.into())
    );
    assert_eq!(events[2].1["reason"], "delivered");
    // That it was picked up, the order has told its restaurant.
    assert_eq!(at_restaurant(&host, "driver-state").len(), 2);
}

#[test]
fn what_somebody_else_has_moved_the_screen_hears_of() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    host.clear_effects();
    let moved = |driver: &mut Driver, order: &str| {
        host.set_caller(Some(("order", order)));
        let moved = driver.order_moved(order.to_owned(), Status::OutForDelivery, 5);
        host.set_caller(None);
        moved.unwrap();
    };
    moved(&mut driver, "order-2");
    assert_eq!(kinds(&host), Vec::<String>::new());
    moved(&mut driver, "order-1");
    moved(&mut driver, "order-1");
    assert_eq!(kinds(&host), ["order"]);
    let stranger = driver.order_moved("order-1".to_owned(), Status::OutForDelivery, 6);
    assert!(matches!(stranger, Err(Refusal::Conflict(_))));
}

#[test]
fn positions_are_shown_once_a_second_and_only_of_those_who_work() {
    let (host, mut driver) = available();
    host.clear_effects();
    let now = host.now_ms();
    for step in 0..10_u32 {
        host.set_now_ms(now + u64::from(step) * 400);
        let at = north(f64::from(step));
        driver.update_location(at, host.now_ms(), None).unwrap();
    }
    // At 0, 1.2, 2.4 and 3.6 s.
    let shown = at_restaurant(&host, "position");
    assert_eq!(shown.len(), 4);
    assert_eq!(shown[3]["at"], now + 3_600);
    assert_eq!(shown[0]["driverId"], "driver-1");
    driver.set_status(Availability::Offline).unwrap();
    host.clear_effects();
    host.set_now_ms(now + 10_000);
    driver.update_location(PLACE, now + 10_000, None).unwrap();
    assert!(at_restaurant(&host, "position").is_empty());
}

#[test]
fn the_last_of_places_that_come_at_once_is_shown() {
    let (host, mut driver) = available();
    host.clear_effects();
    let now = host.now_ms();
    // A phone had no network for a while.
    for (metres, ago_ms) in [(0.0, 20_000), (50.0, 10_000), (100.0, 0)] {
        let at = north(metres);
        driver.update_location(at, now - ago_ms, None).unwrap();
    }
    let shown = at_restaurant(&host, "position");
    let times: Vec<_> = shown.iter().map(|event| event["at"].clone()).collect();
    assert_eq!(times, [now - 20_000, now - 10_000, now]);
}

#[test]
fn a_restaurant_hears_nothing_of_what_is_carried_for_another() {
    let (host, mut driver) = available();
    driver.join("roma".to_owned()).unwrap();
    let at = |restaurant_id: &str| -> Vec<Value> {
        let events = host.events().into_iter();
        let theirs = events
            .filter(|event| (&*event.stream, &*event.key) == ("restaurant-orders", restaurant_id));
        theirs.map(|event| event.payload).collect()
    };
    let known = |restaurant_id: &str| {
        let told = host.sent_to("restaurant", "driver-changed").into_iter();
        let mut theirs = told.filter(|sent| sent.key == restaurant_id);
        theirs.next_back().unwrap().arguments["driver"].clone()
    };
    let step = |now: u64, metres: f64, driver: &mut Driver| {
        host.set_now_ms(now);
        driver.update_location(north(metres), now, None).unwrap();
    };
    let now = host.now_ms();
    step(now, 0.0, &mut driver);
    driver.offer(delivery("order-1", now), None).unwrap();
    let shown = |restaurant_id: &str| at(restaurant_id).pop().unwrap()["driver"].clone();
    assert_eq!(shown("napoli")["offeredOrderId"], "order-1");
    assert!(shown("roma")["offeredOrderId"].is_null());
    assert!(shown("roma")["location"].is_object());
    host.clear_effects();
    host.answer("order", "assign-driver", |order, _| ok(order_of(order)));
    driver.accept("order-1".to_owned()).unwrap();
    assert_eq!(shown("napoli")["orderId"], "order-1");
    assert!(shown("napoli")["location"].is_object());
    assert_eq!(known("napoli")["orderId"], "order-1");
    step(now + 10_000, 100.0, &mut driver);
    let kinds = |events: Vec<Value>| -> Vec<Value> {
        events.iter().map(|event| event["kind"].clone()).collect()
    };
    assert_eq!(kinds(at("napoli")), ["driver-state", "position"]);
    assert_eq!(kinds(at("roma")), ["driver-state"]);
    let busy = json!({"driverId": "driver-1", "status": "busy", "lostSignal": false});
    assert_eq!(shown("roma"), busy);
    for what in ["orderId", "location", "locatedAt", "motion", "offer"] {
        assert!(known("roma")[what].is_null(), "{what}");
    }
    // Free again, they are shown to both.
    the_order_agrees(&host);
    driver.delivered(None).unwrap();
    for restaurant_id in ["napoli", "roma"] {
        assert!(shown(restaurant_id)["location"].is_object());
        assert!(known(restaurant_id)["location"].is_object());
    }
}

#[test]
fn a_way_that_was_kept_is_followed_in_its_order_and_told_once() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    let now = host.now_ms() + 10_000;
    host.set_now_ms(now);
    driver
        .update_location(north(0.0), now - 9_000, None)
        .unwrap();
    host.clear_effects();
    host.set_now_ms(now + 2_000);
    let way = vec![
        fix(now, 300.0),
        // Older than what is known already, and older than anybody wants to know.
        fix(now - 9_500, 9_000.0),
        fix(now - 7_200_000, 9_000.0),
        fix(now - 5_000, 100.0),
        fix(now - 2_000, 200.0),
    ];
    let state = driver.update_locations(way).unwrap();
    assert_eq!(
        (state.location, state.located_at),
        (Some(north(300.0)), Some(now))
    );
    assert_eq!(host.sent_to("order", "update-driver-location").len(), 1);
    assert_eq!(at_restaurant(&host, "position").len(), 1);
    let metres = driver.trip.unwrap().metres;
    assert!((metres - 300.0).abs() < 1.0, "{metres}");
    let older = driver.update_locations(vec![fix(now - 1, 0.0)]).unwrap();
    assert_eq!(older.located_at, Some(now));
}

#[test]
fn what_is_wrong_in_a_way_is_told_at_its_place() {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    let now = host.now_ms();
    let mut nowhere = fix(now, 0.0);
    nowhere.location = Location { lat: 0.0, lon: 0.0 };
    let mut off = fix(now, 0.0);
    off.location.lat = 95.0;
    for (fixes, pointer) in [
        (vec![], "/fixes"),
        (vec![fix(now, 0.0); 101], "/fixes"),
        (vec![fix(now, 0.0), off], "/fixes/1/location/lat"),
        (vec![fix(now, 0.0), nowhere], "/fixes/1/location"),
        (vec![fix(now + 86_400_000, 0.0)], "/fixes/0/at"),
    ] {
        let refused = driver.update_locations(fixes);
        let Err(Refusal::Invalid(found)) = refused else {
            panic!("{pointer} is taken");
        };
        assert_eq!(found[0].pointer, pointer);
    }
    assert!(driver.get().is_err(), "nothing of it is kept");
}

#[test]
fn who_cannot_deliver_gives_the_order_back_and_goes_off_duty() {
    let (host, mut driver) = available();
    assert!(driver.cannot_deliver(Trouble::Nobody, None).is_err());
    given(&host, &mut driver, "order-1");
    host.clear_effects();
    let gone = || refused(Refusal::NotFound("gone".to_owned()));
    host.answer("order", "give-back", move |_, _| gone());
    host.answer("order", "get", move |_, _| gone());
    assert!(driver.cannot_deliver(Trouble::Vehicle, None).is_err());
    assert_eq!(driver.get().unwrap().order_id.as_deref(), Some("order-1"));
    assert!(at_restaurant(&host, "driver-state").is_empty());
    host.answer("order", "give-back", |order, _| ok(order_of(order)));
    let off = driver.cannot_deliver(Trouble::Vehicle, None).unwrap();
    assert_eq!(
        (off.status, off.order_id, off.delivered),
        (Availability::Offline, None, 0)
    );
    let alerts = host.published("restaurant-orders").into_iter();
    let alerts: Vec<_> = alerts.filter(|event| !event["alert"].is_null()).collect();
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["alert"]["kind"], "cannot-deliver");
    let message = alerts[0]["alert"]["message"].as_str().unwrap();
    assert!(
        message.contains("driver-1") && message.contains("order-1"),
        "{message}"
    );
    assert!(!host.reminders().contains_key("signal"));
    assert_eq!(told(&host).pop().unwrap().1["reason"], "returned");
    // The next one is not offered to somebody beside a broken scooter.
    let next = driver
        .offer(delivery("order-2", host.now_ms()), None)
        .unwrap();
    assert_eq!(next.offer, None);
}

#[test]
fn who_has_given_back_without_an_answer_goes_off_duty_with_the_next_try() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    host.clear_effects();
    // The order took it, and its answer was lost: from then on only its driver could give it back.
    let lost = || failed(silo_sdk::CallFailure::Deadline("late".to_owned()));
    host.answer("order", "give-back", |order, _| {
        refused(Refusal::NotFound(order.to_owned()))
    });
    let theirs = |order: &str, driver_id: &str| {
        let mut theirs = order_of(order);
        theirs["driverId"] = driver_id.into();
        ok(theirs)
    };
    host.answer("order", "get", move |order, _| theirs(order, "driver-1"));
    assert!(driver.cannot_deliver(Trouble::Accident, None).is_err());
    assert_eq!(driver.get().unwrap().order_id.as_deref(), Some("order-1"));
    host.answer("order", "get", |order, _| ok(order_of(order)));
    let off = driver.cannot_deliver(Trouble::Accident, None).unwrap();
    assert_eq!((off.status, off.order_id), (Availability::Offline, None));
    assert_eq!(told(&host).pop().unwrap().1["reason"], "returned");
    let alerts = host.published("restaurant-orders").into_iter();
    let alerts: Vec<_> = alerts.filter(|event| !event["alert"].is_null()).collect();
    assert_eq!(alerts.len(), 1);
    // What the order says when it is with somebody else by now.
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    host.answer("order", "give-back", move |_, _| lost());
    host.answer("order", "get", move |order, _| theirs(order, "driver-2"));
    let off = driver.cannot_deliver(Trouble::Accident, None).unwrap();
    assert_eq!((off.status, off.order_id), (Availability::Offline, None));
}

/// Later the order would be found elsewhere, its driver free, and the next one offered to them.
#[test]
fn who_gives_back_an_order_that_answers_nothing_goes_off_duty_and_it_hears_of_it() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    host.clear_effects();
    for method in ["give-back", "get"] {
        let late = "late".to_owned();
        host.answer("order", method, move |_, _| {
            failed(silo_sdk::CallFailure::Deadline(late.clone()))
        });
    }
    let off = driver.cannot_deliver(Trouble::Vehicle, None).unwrap();
    assert_eq!((off.status, off.order_id), (Availability::Offline, None));
    assert_eq!(host.sent_to("order", "give-back").len(), 1);
    assert_eq!(told(&host).pop().unwrap().1["reason"], "returned");
    let alerts = host.published("restaurant-orders").into_iter();
    let alerts: Vec<_> = alerts.filter(|event| !event["alert"].is_null()).collect();
    assert_eq!(alerts.len(), 1);
    assert!(!host.reminders().contains_key("signal"));
}

#[test]
fn a_day_counts_what_arrived_since_the_restaurants_midnight() {
    let (host, mut driver) = available();
    the_order_agrees(&host);
    let midnight = host.now_ms() + 30 * 60_000;
    host.answer("restaurant", "today", move |_, _| {
        plain(json!({"begin": midnight, "waitingDrivers": 2}))
    });
    for (order, begin) in [("order-1", midnight - 1_200_000), ("order-2", midnight)] {
        host.set_now_ms(begin);
        driver.update_location(north(0.0), begin, None).unwrap();
        given(&host, &mut driver, order);
        host.set_now_ms(begin + 600_000);
        driver
            .update_location(north(400.0), begin + 600_000, None)
            .unwrap();
        driver.delivered(None).unwrap();
    }
    let day = driver.day().unwrap();
    assert_eq!(
        (day.begin, day.deliveries, day.waiting),
        (midnight, 1, Some(2))
    );
    assert!((399..=402).contains(&day.metres), "{}", day.metres);
    assert_eq!(
        (day.average_ms, day.last_at),
        (Some(600_000), Some(midnight + 600_000))
    );
    // Two days later nobody looks at them, and they go.
    host.set_now_ms(midnight + 49 * 3_600_000);
    given(&host, &mut driver, "order-3");
    driver.delivered(None).unwrap();
    assert_eq!(host.entries().len(), 1);
}

#[test]
fn since_when_somebody_works_is_known_while_they_do() {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    driver.join("napoli".to_owned()).unwrap();
    assert_eq!(driver.duty().unwrap().since, None);
    driver.set_status(Availability::Available).unwrap();
    let since = driver.duty().unwrap().since;
    assert_eq!(since, Some(host.now_ms()));
    host.set_now_ms(host.now_ms() + 60_000);
    driver.set_status(Availability::Busy).unwrap();
    driver.set_status(Availability::Available).unwrap();
    assert_eq!(driver.duty().unwrap().since, since);
    driver.set_status(Availability::Offline).unwrap();
    assert_eq!(driver.duty().unwrap().since, None);
}
