use std::time::Duration;

use silo_sdk::testing::{Host, ok, refused};

use super::*;

const PLACE: Location = Location {
    lat: 40.85,
    lon: 14.27,
};

#[test]
fn positions_go_forward_and_stay_on_earth() {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    let now = host.now_ms();
    driver.update_location(PLACE, now, None).unwrap();
    let older = driver
        .update_location(Location { lat: 1.0, lon: 1.0 }, now - 1, None)
        .unwrap();
    assert_eq!(older.location, Some(PLACE));
    for lat in [91.0, f64::NAN, f64::INFINITY] {
        let refused = driver.update_location(Location { lat, lon: 0.0 }, now + 1, None);
        let Err(Refusal::Invalid(refused)) = refused else {
            panic!("{lat} is on earth");
        };
        assert_eq!(refused[0].pointer, "/location/lat");
    }
    for at in [now + 86_400_000, now - 3_600_001, 0] {
        let refused = driver.update_location(PLACE, at, None);
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{at}");
    }
}

#[test]
fn how_it_moves_comes_with_its_position() {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    let moving = |heading| {
        Some(Motion {
            accuracy: Some(5.0),
            speed: None,
            heading: Some(heading),
        })
    };
    let now = host.now_ms();
    let state = driver.update_location(PLACE, now, moving(270.0)).unwrap();
    assert_eq!(state.motion.unwrap().heading, Some(270.0));
    for heading in [-1.5, 361.0, f64::NAN] {
        let refused = driver.update_location(PLACE, now + 1, moving(heading));
        let Err(Refusal::Invalid(refused)) = refused else {
            panic!("{heading} is a heading");
        };
        assert_eq!(refused[0].pointer, "/motion/heading");
    }
}

#[test]
fn what_a_phone_does_not_know_is_left_out_and_its_position_taken() {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    let motion = |accuracy, speed, heading| {
        Some(Motion {
            accuracy: Some(accuracy),
            speed: Some(speed),
            heading: Some(heading),
        })
    };
    let now = host.now_ms();
    let some = driver.update_location(PLACE, now, motion(5.0, -1.0, -1.0));
    let expected = Motion {
        accuracy: Some(5.0),
        speed: None,
        heading: None,
    };
    assert_eq!(some.unwrap().motion, Some(expected));
    let none = driver.update_location(PLACE, now + 1, motion(-1.0, -1.0, -1.0));
    let none = none.unwrap();
    assert_eq!((none.motion, none.located_at), (None, Some(now + 1)));
    // All that is wrong is told at once.
    for (wrong, count) in [
        (motion(-2.0, 1.0, 1.0), 1),
        (motion(-2.0, 1e9, 361.0), 3),
        (motion(-0.5, -0.1, 1.0), 2),
    ] {
        let refused = driver.update_location(PLACE, now + 2, wrong);
        let Err(Refusal::Invalid(mistakes)) = refused else {
            panic!("{wrong:?} is taken");
        };
        assert_eq!(mistakes.len(), count, "{mistakes:?}");
    }
}

#[test]
fn zero_and_zero_is_a_position_only_for_a_receiver_that_has_found_itself() {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    let nowhere = Location {
        lat: 0.0,
        lon: -0.0,
    };
    let exact = |accuracy| {
        Some(Motion {
            accuracy,
            speed: Some(3.0),
            heading: None,
        })
    };
    let now = host.now_ms();
    driver.update_location(PLACE, now, None).unwrap();
    for motion in [None, exact(None), exact(Some(-1.0)), exact(Some(0.0))] {
        let refused = driver.update_location(nowhere, now + 1, motion);
        let Err(Refusal::Invalid(refused)) = refused else {
            panic!("{motion:?} has a fix");
        };
        assert_eq!(refused[0].pointer, "/location");
        assert_eq!(driver.get().unwrap().location, Some(PLACE));
    }
    let there = driver.update_location(nowhere, now + 1, exact(Some(12.0)));
    assert_eq!(there.unwrap().location, Some(nowhere));
    let equator = Location { lat: 0.0, lon: 9.4 };
    let there = driver.update_location(equator, now + 2, None);
    assert_eq!(there.unwrap().location, Some(equator));
}

#[test]
fn a_delivery_from_hand_to_door() {
    let (host, mut driver) = available();
    assert!(driver.picked_up(None).is_err());
    given(&host, &mut driver, "order-1");
    let same = given(&host, &mut driver, "order-2");
    assert_eq!(same.order_id.as_deref(), Some("order-1"));
    assert_eq!(host.sent_to("order", "driver-declined")[0].key, "order-2");
    driver.update_location(PLACE, host.now_ms(), None).unwrap();
    assert_eq!(host.sent_to("order", "update-driver-location").len(), 1);
    let gone = || refused(Refusal::NotFound("gone".to_owned()));
    host.answer("order", "confirm-delivery", move |_, _| gone());
    assert!(driver.delivered(None).is_err());
    assert_eq!(driver.get().unwrap().order_id.as_deref(), Some("order-1"));
    the_order_agrees(&host);
    // A phone says late what was of another order.
    let earlier = || Some("order-0".to_owned());
    for late in [
        driver.picked_up(earlier()),
        driver.delivered(earlier()),
        driver.cannot_deliver(Trouble::Nobody, earlier()),
    ] {
        assert!(matches!(late, Err(Refusal::Conflict(_))), "{late:?}");
    }
    assert_eq!(driver.get().unwrap().order_id.as_deref(), Some("order-1"));
    driver.picked_up(Some("order-1".to_owned())).unwrap();
    let done = driver.delivered(Some("order-1".to_owned())).unwrap();
    assert_eq!(
        (done.status, done.delivered, done.order_id),
        (Availability::Available, 1, None)
    );
}

/// The order gives itself.
fn given(host: &Host, driver: &mut Driver, order_id: &str) -> DriverState {
    host.set_caller(Some(("order", order_id)));
    let state = driver.assign(order_id.to_owned(), "napoli".to_owned());
    host.set_caller(None);
    state.unwrap()
}

#[test]
fn only_an_order_of_its_own_restaurants_is_given_to_an_available_driver() {
    let (host, mut driver) = available();
    let by_hand = driver.assign("order-1".to_owned(), "napoli".to_owned());
    assert!(matches!(by_hand, Err(Refusal::Conflict(_))));
    assert!(
        driver
            .could_take("o".to_owned(), "roma".to_owned())
            .is_err()
    );
    driver.join("roma".to_owned()).unwrap();
    for ours in ["roma", "napoli"] {
        driver.could_take("o".to_owned(), ours.to_owned()).unwrap();
    }
    driver.leave("roma".to_owned()).unwrap();
    assert!(
        driver
            .could_take("o".to_owned(), "roma".to_owned())
            .is_err()
    );
    driver
        .could_take("o".to_owned(), "napoli".to_owned())
        .unwrap();
    let mut strange = delivery("order-1", host.now_ms());
    strange.restaurant_id = "roma".to_owned();
    assert!(driver.offer(strange, None).unwrap().offer.is_none());
    driver.set_status(Availability::Offline).unwrap();
    assert_eq!(given(&host, &mut driver, "order-2").order_id, None);
    assert_eq!(host.sent_to("order", "driver-declined")[0].key, "order-2");
}

#[test]
fn who_carries_an_order_that_is_elsewhere_is_free_again() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    let release = |driver: &mut Driver| driver.release("order-1".to_owned(), true);
    assert!(release(&mut driver).is_err(), "only the order says so");
    host.set_caller(Some(("order", "order-1")));
    let free = release(&mut driver).unwrap();
    assert_eq!((free.status, free.delivered), (Availability::Available, 1));
    host.set_caller(None);
    given(&host, &mut driver, "order-1");
    host.answer("order", "get", |order, _| ok(order_of(order)));
    driver.listen();
    assert_eq!(driver.get().unwrap().order_id, None, "it has no driver");
}

fn delivery(order_id: &str, now: u64) -> Delivery {
    Delivery {
        order_id: order_id.to_owned(),
        restaurant_id: "napoli".to_owned(),
        pick_up: PLACE,
        deliver_to: None,
        expires_at: now + 60_000,
    }
}

fn available() -> (Host, Driver) {
    let host = Host::new("driver", "driver-1");
    let mut driver = Driver::default();
    driver.join("napoli".to_owned()).unwrap();
    driver.set_status(Availability::Available).unwrap();
    (host, driver)
}

#[test]
fn an_offer_is_taken_when_the_order_agrees() {
    let (host, mut driver) = available();
    driver
        .offer(delivery("order-1", host.now_ms()), None)
        .unwrap();
    host.answer("order", "assign-driver", |order, arguments| {
        assert_eq!(
            (order, &arguments["driverId"]),
            ("order-1", &"driver-1".into())
        );
        ok(order_of("order-1"))
    });
    assert!(driver.accept("order-2".to_owned()).is_err());
    let taken = driver.accept("order-1".to_owned()).unwrap();
    assert_eq!(taken.order_id.as_deref(), Some("order-1"));
    assert_eq!((taken.status, taken.offer), (Availability::Busy, None));
    assert!(host.reminders().contains_key("signal"));
    // Asked again, the answer is the same, and the order is not.
    driver.accept("order-1".to_owned()).unwrap();
    assert_eq!(host.asked().len(), 1);
}

#[test]
fn an_order_that_went_to_another_is_not_taken() {
    let (host, mut driver) = available();
    driver
        .offer(delivery("order-1", host.now_ms()), None)
        .unwrap();
    host.answer("order", "assign-driver", |_, _| {
        refused(Refusal::NotFound("gone".to_owned()))
    });
    assert!(driver.accept("order-1".to_owned()).is_err());
    assert_eq!(driver.get().unwrap().order_id, None);
}

/// Whatever happens to order-1 is fine with it.
fn the_order_agrees(host: &Host) {
    for method in ["update-status", "confirm-delivery"] {
        host.answer("order", method, |order, _| ok(order_of(order)));
    }
}

fn order_of(order_id: &str) -> silo_sdk::json::Value {
    silo_sdk::json::json!({
        "orderId": order_id, "customerId": "c", "restaurantId": "napoli", "items": [],
        "totalCents": 0, "status": "ready", "remakes": 0, "late": false, "refund": false,
        "createdAt": 0, "updatedAt": 0, "version": 1,
    })
}

#[test]
fn a_rejected_offer_goes_back_to_the_restaurant() {
    let (host, mut driver) = available();
    driver
        .offer(delivery("order-1", host.now_ms()), None)
        .unwrap();
    // One at a time.
    let busy = driver
        .offer(delivery("order-2", host.now_ms()), None)
        .unwrap();
    assert_eq!(busy.offer.unwrap().order_id, "order-1");
    assert_eq!(host.sent_to("restaurant", "offer-rejected").len(), 1);
    let free = driver.reject("order-1".to_owned()).unwrap();
    assert!(free.offer.is_none());
    assert_eq!(host.sent_to("restaurant", "offer-rejected").len(), 2);
    assert!(driver.reject("order-1".to_owned()).is_err());
}

#[test]
fn who_goes_offline_gives_the_offer_back() {
    let (host, mut driver) = available();
    driver
        .offer(delivery("order-1", host.now_ms()), None)
        .unwrap();
    driver.set_status(Availability::Offline).unwrap();
    assert_eq!(host.sent_to("restaurant", "offer-rejected").len(), 1);
    assert!(driver.accept("order-1".to_owned()).is_err());
}

#[test]
fn silence_on_the_way_is_told_once_and_ends_with_a_position() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    assert!(host.reminders().contains_key("signal"));
    host.clear_effects();
    host.answer("order", "get", |order, _| {
        let mut theirs = order_of(order);
        theirs["driverId"] = "driver-1".into();
        ok(theirs)
    });
    driver.listen();
    driver.listen();
    assert_eq!(host.sent_to("restaurant", "driver-changed").len(), 1);
    assert!(driver.get().unwrap().lost_signal);
    driver.update_location(PLACE, host.now_ms(), None).unwrap();
    assert!(!driver.get().unwrap().lost_signal);
    driver.listen();
    assert!(!driver.get().unwrap().lost_signal);
    the_order_agrees(&host);
    driver.delivered(None).unwrap();
    assert!(!host.reminders().contains_key("signal"));
}

/// A driver who was heard a moment before somebody looked was not looked for again for two minutes.
#[test]
fn silence_is_told_two_minutes_after_the_last_position_whenever_it_was() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    host.answer("order", "get", |order, _| {
        let mut theirs = order_of(order);
        theirs["driverId"] = "driver-1".into();
        ok(theirs)
    });
    let look = |driver: &mut Driver, after_s: u64| {
        let due = host.advance(Duration::from_secs(after_s));
        due.iter().for_each(|_| driver.listen());
        driver.get().unwrap().lost_signal
    };
    assert!(!look(&mut driver, 119));
    // By a phone whose clock is ten minutes behind, and which has not stood still for so long.
    let behind = host.now_ms() - 600_000;
    driver.update_location(PLACE, behind, None).unwrap();
    assert!(!look(&mut driver, 1), "it was heard a second ago");
    assert!(!look(&mut driver, 118));
    assert!(look(&mut driver, 1), "it is two minutes now");
    let due = host.reminders()["signal"].due_ms;
    assert_eq!(due, host.now_ms() + 120_000, "the order may go elsewhere");
}

#[test]
fn who_vanishes_on_the_way_keeps_the_order_and_comes_back() {
    let (host, mut driver) = available();
    given(&host, &mut driver, "order-1");
    host.clear_effects();
    for _ in 0..2 {
        let gone = driver.set_status(Availability::Offline).unwrap();
        assert_eq!(gone.order_id.as_deref(), Some("order-1"));
        assert_eq!((gone.status, gone.lost_signal), (Availability::Busy, true));
    }
    assert_eq!(host.sent_to("restaurant", "driver-changed").len(), 1);
    let back = driver.set_status(Availability::Busy).unwrap();
    assert!(!back.lost_signal);
    driver.set_status(Availability::Offline).unwrap();
    let back = driver.update_location(PLACE, host.now_ms(), None).unwrap();
    assert!(!back.lost_signal);
    the_order_agrees(&host);
    driver.delivered(None).unwrap();
    let home = driver.set_status(Availability::Offline).unwrap();
    assert_eq!(
        (home.status, home.lost_signal),
        (Availability::Offline, false)
    );
}

mod screen;
