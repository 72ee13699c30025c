use bindings::types::{Availability, Location};
use silo_sdk::CallFailure;
use silo_sdk::json::{Value, json};
use silo_sdk::testing::{Host, failed};

use super::*;

const HERE: Location = Location {
    lat: 40.85,
    lon: 14.27,
};

fn profile(drivers: &[&str]) -> Profile {
    Profile {
        name: "Napoli".to_owned(),
        region: "eu".to_owned(),
        location: HERE,
        open: true,
        drivers: drivers.iter().map(|id| (*id).to_owned()).collect(),
        time_zone: None,
        address: None,
    }
}

fn open(drivers: &[&str]) -> (Host, Restaurant) {
    let host = Host::new("restaurant", "napoli");
    for (actor_type, query) in [("kitchen", "status"), ("inventory", "stock")] {
        host.answer(actor_type, query, |_, _| {
            failed(CallFailure::Overloaded("busy".to_owned()))
        });
    }
    let mut restaurant = Restaurant::default();
    restaurant.configure(profile(drivers)).unwrap();
    (host, restaurant)
}

/// A free driver so many hundredths of a degree north.
fn free(host: &Host, driver_id: &str, north: f64) -> DriverState {
    DriverState {
        driver_id: driver_id.to_owned(),
        status: Availability::Available,
        location: Some(Location {
            lat: HERE.lat + north / 100.0,
            lon: HERE.lon,
        }),
        motion: None,
        located_at: Some(host.now_ms()),
        order_id: None,
        delivered: 0,
        restaurant_id: Some("napoli".to_owned()),
        offer: None,
        lost_signal: false,
    }
}

fn event(host: &Host, order_id: &str, from: Option<&str>, status: &str) -> Value {
    let version = if from.is_some() { 2 } else { 1 };
    let mut event = json!({
        "orderId": order_id, "restaurantId": "napoli", "customerId": "c", "kind": "status",
        "version": version, "at": host.now_ms(), "status": status, "late": false,
        "totalCents": 890, "createdAt": host.now_ms() - 60_000,
    });
    if let Some(from) = from {
        event["from"] = from.into();
    }
    event
}

fn tell(restaurant: &mut Restaurant, event: &Value) {
    restaurant.on_order_events([(1, event.to_string().as_str())]);
}

fn offers(host: &Host) -> Vec<String> {
    let sent = host.sent_to("driver", "offer");
    sent.into_iter().map(|sent| sent.key).collect()
}

#[test]
fn a_restaurant_is_configured_before_it_opens() {
    let host = Host::new("restaurant", "napoli");
    let mut restaurant = Restaurant::default();
    assert!(matches!(
        restaurant.set_open(true, None, None),
        Err(Refusal::NotFound(_))
    ));
    let mut nowhere = profile(&[]);
    nowhere.location.lat = 95.0;
    assert!(matches!(
        restaurant.configure(nowhere),
        Err(Refusal::Invalid(_))
    ));
    restaurant.configure(profile(&["driver-1"])).unwrap();
    assert_eq!(host.sent_to("driver", "join").len(), 1);
    let closed = restaurant.set_open(false, None, None).unwrap();
    assert!(!closed.profile.open);
    assert_eq!(host.sent_to("inventory", "set-open").len(), 2);
    restaurant.configure(profile(&[])).unwrap();
    assert_eq!(host.sent_to("driver", "leave").len(), 1);
}

#[test]
fn whoever_is_asked_hears_what_there_is_to_carry_and_from_where() {
    let host = Host::new("restaurant", "napoli");
    let mut restaurant = Restaurant::default();
    let mut at = profile(&["near"]);
    at.address = Some("Piazza Grande 1".to_owned());
    restaurant.configure(at).unwrap();
    restaurant.driver_changed(free(&host, "near", 1.0)).unwrap();
    let mut ready = event(&host, "order-1", Some("baking"), "ready");
    ready["pizzas"] = 3.into();
    tell(&mut restaurant, &ready);
    let sent = host.sent_to("driver", "offer").pop().unwrap();
    let details = &sent.arguments["details"];
    assert_eq!(details["pizzas"], 3);
    assert_eq!(details["restaurantName"], "Napoli");
    assert_eq!(details["pickUpAddress"], "Piazza Grande 1");
    assert_eq!(details["offeredAt"], host.now_ms());
}

#[test]
fn a_driver_may_ask_when_the_day_began_and_how_many_wait() {
    let (host, mut restaurant) = open(&["one", "two", "busy"]);
    for id in ["one", "two"] {
        restaurant.driver_changed(free(&host, id, 1.0)).unwrap();
    }
    let mut busy = free(&host, "busy", 0.0);
    busy.status = Availability::Busy;
    restaurant.driver_changed(busy).unwrap();
    let today = restaurant.today();
    assert_eq!(today.waiting_drivers, 2);
    assert_eq!(today.begin, host.now_ms() - host.now_ms() % 86_400_000);
}

#[test]
fn whoever_counts_those_who_wait_reads_none_of_the_others() {
    let ids: Vec<String> = (0..300).map(|n| format!("driver-{n}")).collect();
    let drivers: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (host, mut restaurant) = open(&drivers);
    for id in &drivers {
        restaurant.driver_changed(free(&host, id, 1.0)).unwrap();
    }
    assert_eq!(restaurant.today().waiting_drivers, 300);
    for id in &drivers[2..] {
        let mut gone = free(&host, id, 1.0);
        gone.status = Availability::Offline;
        restaurant.driver_changed(gone).unwrap();
    }
    let before = host.entries_read();
    assert_eq!(restaurant.today().waiting_drivers, 2);
    assert_eq!(host.entries_read() - before, 2);
    restaurant.configure(profile(&drivers[1..])).unwrap();
    assert_eq!(restaurant.today().waiting_drivers, 1, "one has left");
}

#[test]
fn what_is_for_the_managers_screen_alone_changes_nothing_here() {
    let (host, mut restaurant) = open(&[]);
    for kind in ["driver-state", "position", "stock", "kitchen", "restaurant"] {
        let event = json!({"kind": kind, "at": host.now_ms(), "driverId": "driver-1"});
        tell(&mut restaurant, &event);
    }
    tell(
        &mut restaurant,
        &json!({"at": 1, "alert": {"kind": "x", "message": "y"}}),
    );
    assert_eq!(host.logs(), Vec::new());
    // What says of itself neither what it is nor of which order it is, somebody should hear of.
    tell(&mut restaurant, &json!({"at": 1}));
    assert_eq!(host.logs().len(), 1, "{:?}", host.logs());
}

#[test]
fn the_nearest_free_driver_is_asked_first_and_then_the_next() {
    let (host, mut restaurant) = open(&["far", "near", "busy"]);
    restaurant.driver_changed(free(&host, "far", 5.0)).unwrap();
    restaurant.driver_changed(free(&host, "near", 1.0)).unwrap();
    let mut busy = free(&host, "busy", 0.0);
    busy.status = Availability::Busy;
    restaurant.driver_changed(busy).unwrap();
    tell(
        &mut restaurant,
        &event(&host, "order-1", Some("baking"), "ready"),
    );
    assert_eq!(offers(&host), ["near"]);
    restaurant
        .offer_rejected("order-1".to_owned(), "near".to_owned())
        .unwrap();
    assert_eq!(offers(&host), ["near", "far"]);
    // Silence: the offer is taken back, and there is nobody else.
    restaurant.unanswered("order-1");
    assert_eq!(host.sent_to("driver", "withdraw").len(), 1);
    assert_eq!(offers(&host), ["near", "far"]);
    // A minute later everybody is asked again.
    restaurant.unanswered("order-1");
    assert_eq!(offers(&host), ["near", "far", "near"]);
    assert_eq!(restaurant.metrics().waiting_for_driver, 1);
}

#[test]
fn whoever_declines_and_goes_on_saying_where_they_are_is_asked_again_after_a_minute() {
    let (host, mut restaurant) = open(&["only"]);
    restaurant.driver_changed(free(&host, "only", 1.0)).unwrap();
    let ready = event(&host, "order-1", Some("baking"), "ready");
    tell(&mut restaurant, &ready);
    restaurant
        .offer_rejected("order-1".to_owned(), "only".to_owned())
        .unwrap();
    let due_at = host.reminders()["offer.order-1"].clone();
    for _ in 0..3 {
        host.advance(std::time::Duration::from_secs(15));
        restaurant.driver_changed(free(&host, "only", 1.0)).unwrap();
    }
    assert_eq!(offers(&host), ["only"], "not before the minute is over");
    assert_eq!(host.reminders()["offer.order-1"], due_at);
    restaurant.unanswered("order-1");
    assert_eq!(offers(&host), ["only", "only"]);
}

#[test]
fn a_driver_considers_one_order_at_a_time() {
    let (host, mut restaurant) = open(&["a"]);
    restaurant.driver_changed(free(&host, "a", 0.0)).unwrap();
    for order in ["order-1", "order-2"] {
        tell(
            &mut restaurant,
            &event(&host, order, Some("baking"), "ready"),
        );
    }
    assert_eq!(offers(&host), ["a"]);
    let mut taken = event(&host, "order-1", None, "ready");
    taken["driverId"] = "a".into();
    taken["version"] = 3.into();
    tell(&mut restaurant, &taken);
    assert!(!host.reminders().contains_key("offer.order-1"));
    // Free again, the driver gets the order that waited.
    restaurant.driver_changed(free(&host, "a", 0.0)).unwrap();
    assert_eq!(offers(&host), ["a", "a"]);
}

#[test]
fn an_order_given_by_hand_is_offered_no_more() {
    let (host, mut restaurant) = open(&["a"]);
    restaurant.driver_changed(free(&host, "a", 0.0)).unwrap();
    tell(
        &mut restaurant,
        &event(&host, "order-1", Some("baking"), "ready"),
    );
    let mut taken = event(&host, "order-1", None, "ready");
    taken["driverId"] = "b".into();
    taken["version"] = 3.into();
    tell(&mut restaurant, &taken);
    assert_eq!(host.sent_to("driver", "withdraw")[0].key, "a");
    restaurant.unanswered("order-1");
    assert_eq!(offers(&host), ["a"]);
}

#[test]
fn orders_are_listed_newest_first_and_by_state() {
    let (host, mut restaurant) = open(&[]);
    for number in 0..5 {
        let mut one = event(&host, &format!("order-{number}"), None, "created");
        one["createdAt"] = (host.now_ms() - 100 + number).into();
        tell(&mut restaurant, &one);
    }
    let mut moved = event(&host, "order-3", Some("created"), "preparing");
    moved["createdAt"] = (host.now_ms() - 97).into();
    tell(&mut restaurant, &moved);
    let ids = |lines: &[OrderLine]| lines.iter().map(|l| l.order_id.clone()).collect::<Vec<_>>();
    let first = restaurant.orders(None, None, 2);
    assert_eq!(ids(&first), ["order-4", "order-3"]);
    let next = restaurant.orders(None, Some(first[1].cursor.clone()), 10);
    assert_eq!(ids(&next), ["order-2", "order-1", "order-0"]);
    let created = restaurant.orders(Some(Status::Created), None, 10);
    assert_eq!(ids(&created), ["order-4", "order-2", "order-1", "order-0"]);
    let preparing = restaurant.orders(Some(Status::Preparing), None, 10);
    assert_eq!(ids(&preparing), ["order-3"]);
}

#[test]
fn figures_count_each_move_once() {
    let (host, mut restaurant) = open(&[]);
    tell(&mut restaurant, &event(&host, "order-1", None, "created"));
    tell(&mut restaurant, &event(&host, "order-2", None, "rejected"));
    tell(
        &mut restaurant,
        &event(&host, "order-1", Some("created"), "preparing"),
    );
    let active = |restaurant: &Restaurant, status: Status| {
        let counts = restaurant.metrics().active;
        counts.iter().find(|c| c.status == status).unwrap().count
    };
    assert_eq!(active(&restaurant, Status::Created), 0);
    assert_eq!(active(&restaurant, Status::Preparing), 1);
    tell(
        &mut restaurant,
        &event(&host, "order-1", Some("outForDelivery"), "delivered"),
    );
    let day = restaurant.metrics().last_day;
    assert_eq!((day.orders, day.rejected, day.delivered), (2, 1, 1));
    assert_eq!(
        (day.revenue_cents, day.average_delivery_ms),
        (890, Some(60_000))
    );
    assert_eq!(day.p95_delivery_ms, Some(60_000));
    assert_eq!(restaurant.days(10).len(), 1);
    // What nobody can tell is left out.
    assert_eq!(restaurant.metrics().available_chefs, None);
}

#[test]
fn a_lost_signal_is_told_once_and_alerts_are_no_orders() {
    let (host, mut restaurant) = open(&["ada"]);
    let mut driver = free(&host, "ada", 1.0);
    driver.lost_signal = true;
    for _ in 0..2 {
        restaurant.driver_changed(driver.clone()).unwrap();
    }
    let mut told = host.published("restaurant-orders");
    // That it was set up is told, too.
    told.retain(|told| told["kind"] != "restaurant");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["alert"]["kind"], "lost-signal");
    tell(&mut restaurant, &told[0]);
    assert!(restaurant.orders(None, None, 10).is_empty());
}

mod batches;
mod board;
mod opening;
mod zones;
