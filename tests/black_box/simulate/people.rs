//! Orders come, are delivered, and the drivers go home; or they vanish.

use serde_json::json;

use crate::common::until;
use crate::simulate::world::{World, interrupt, report, signal};

#[test]
fn simulated_drivers_bring_what_simulated_customers_order() {
    let world = World::new();
    let drivers = ["--count", "2", "--speed", "200"];
    let drivers = world.drivers(&drivers).spawn().expect("it starts");
    for driver in ["sim-1", "sim-2"] {
        world.until_status(driver, "available");
    }
    let customers = ["--rate", "90", "--for", "4", "--seed", "3"];
    let ordered = world.customers(&customers).output().expect("it runs");
    let ordered = report(&ordered);
    let orders = ordered["orderIds"].as_array().expect("a list");
    assert!(orders.len() > 1, "{ordered}");
    for order in orders {
        let order = order.as_str().expect("an id");
        until("the delivery", || {
            (world.order_status(order) == "delivered").then_some(())
        });
        let told = world.pizza.get(&format!("/api/orders/{order}")).json();
        assert!(told["customerName"].is_string(), "{told}");
    }
    interrupt(&drivers);
    let shift = report(&drivers.wait_with_output().expect("it ends"));
    assert_eq!(shift["delivered"], json!(orders.len()), "{shift}");
    assert!(shift["positions"].as_u64() > Some(10), "{shift}");
    for driver in ["sim-1", "sim-2"] {
        let driver = world.until_status(driver, "offline");
        assert_eq!(driver["lostSignal"], false, "{driver}");
    }
}

#[test]
fn drivers_may_be_moody() {
    let world = World::new();
    let order = world.pizza.order();
    until("the pizza", || {
        (world.order_status(&order) == "ready").then_some(())
    });
    let drivers = ["--count", "3", "--reject", "100", "--for", "5"];
    let shift = world.drivers(&drivers).output().expect("it runs");
    let shift = report(&shift);
    let count = |name: &str| shift[name].as_u64().expect("a number");
    assert!(count("rejected") + count("ignored") > 0, "{shift}");
    assert_eq!((count("accepted"), count("delivered")), (0, 0), "{shift}");
    assert_eq!(world.order_status(&order), "ready");
}

#[test]
fn what_is_on_the_road_is_delivered_before_a_driver_goes_home() {
    let world = World::new();
    let order = world.pizza.order();
    let drivers = ["--count", "1", "--speed", "1"];
    let drivers = world.drivers(&drivers).spawn().expect("it starts");
    until("the road", || {
        (world.order_status(&order) == "outForDelivery").then_some(())
    });
    interrupt(&drivers);
    let shift = report(&drivers.wait_with_output().expect("it ends"));
    assert_eq!(shift["delivered"], 1, "{shift}");
    assert_eq!(world.order_status(&order), "delivered");
    world.until_status("sim-1", "offline");
}

#[test]
fn a_broker_that_comes_back_is_found_again() {
    let mut world = World::new();
    let order = world.pizza.order();
    let drivers = ["--count", "1", "--speed", "1"];
    let drivers = world.drivers(&drivers).spawn().expect("it starts");
    until("the road", || {
        (world.order_status(&order) == "outForDelivery").then_some(())
    });
    world.mosquitto.stop();
    world.mosquitto.start_again();
    let before = world.status("sim-1")["locatedAt"].clone();
    // The rest of the ride is longer than this test waits.
    until("a new position", || {
        let driver = world.status("sim-1");
        (driver["locatedAt"] != before && driver["lostSignal"] == false).then_some(())
    });
    interrupt(&drivers);
    let shift = report(&drivers.wait_with_output().expect("it ends"));
    assert!(shift["reconnected"].as_u64() > Some(0), "{shift}");
    assert_eq!(world.order_status(&order), "delivered");
    world.until_status("sim-1", "offline");
}

#[test]
fn a_driver_whose_phone_dies_has_lost_the_signal_by_its_last_will() {
    let world = World::new();
    let order = world.pizza.order();
    let drivers = ["--count", "2", "--speed", "1"];
    let mut drivers = world.drivers(&drivers).spawn().expect("it starts");
    until("the road", || {
        (world.order_status(&order) == "outForDelivery").then_some(())
    });
    for driver in ["sim-1", "sim-2"] {
        until("both to be at work", || {
            (world.status(driver)["status"] != "offline").then_some(())
        });
    }
    signal(&drivers, "-KILL");
    drivers.wait().expect("it ends");
    let by_order = |driver: &str| world.status(driver)["orderId"] == json!(order);
    let (busy, free) = if by_order("sim-1") {
        ("sim-1", "sim-2")
    } else {
        ("sim-2", "sim-1")
    };
    until("the last will of drivers who were on the road", || {
        (world.status(busy)["lostSignal"] == true).then_some(())
    });
    assert!(by_order(busy), "nobody takes a pizza back");
    world.until_status(free, "offline");
}

#[test]
fn two_simulations_do_not_throw_each_other_out_for_ever() {
    let world = World::new();
    let first = world.drivers(&["--count", "1"]).spawn().expect("it starts");
    world.until_status("sim-1", "available");
    let second = world.drivers(&["--count", "1"]).spawn().expect("it starts");
    let first = first.wait_with_output().expect("it ends by itself");
    let errors = String::from_utf8_lossy(&first.stderr);
    assert!(!first.status.success(), "{errors}");
    assert!(errors.contains("the same names"), "{errors}");
    let other = ["--count", "1", "--name", "other"];
    let third = world.drivers(&other).spawn().expect("it starts");
    for driver in ["sim-1", "other-1"] {
        world.until_status(driver, "available");
    }
    for shift in [second, third] {
        interrupt(&shift);
        report(&shift.wait_with_output().expect("it ends"));
    }
}

#[test]
fn nobody_drives_where_nobody_listens() {
    let world = World::new();
    let mut command = world.command(&["simulate", "drivers"]);
    let output = command.args(["--mqtt", "mqtt://127.0.0.1:1"]).output();
    let output = output.expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{errors}");
    assert!(errors.contains("mqtt://127.0.0.1:1"), "{errors}");
    assert!(errors.contains("--mqtt"), "{errors}");
    assert_eq!(world.status("sim-1")["status"], 404, "nobody was set up");
}
