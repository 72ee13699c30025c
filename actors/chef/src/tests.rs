use std::time::Duration;

use silo_sdk::testing::Host;

use super::*;

fn cooking() -> (Host, Chef) {
    let host = Host::new("chef", "napoli.1");
    host.set_config("speed", "60");
    let mut chef = Chef::default();
    chef.clock_in().unwrap();
    chef.assign("napoli".into(), "order-1".into()).unwrap();
    (host, chef)
}

/// The name of the one timer that is set.
fn timer(host: &Host) -> String {
    let timers = host.timers();
    assert_eq!(timers.len(), 1);
    timers.into_keys().next().unwrap()
}

fn statuses(host: &Host) -> Vec<String> {
    let sent = host.sent_to("order", "update-status");
    let status = |s: silo_sdk::testing::Sent| s.arguments["status"].as_str().unwrap().to_owned();
    sent.into_iter().map(status).collect()
}

#[test]
fn an_order_is_prepared_baked_and_ready_never_early() {
    let (host, mut chef) = cooking();
    let first = timer(&host);
    assert!(host.reminders().contains_key("step"));
    assert_eq!(host.advance(Duration::from_millis(3_999)), []);
    assert_eq!(statuses(&host), ["preparing"]);
    host.advance(Duration::from_millis(1));
    chef.on_timer(first.clone());
    // It rang twice, or waited for its turn while the reminder did its work.
    chef.on_timer(first);
    assert_eq!(statuses(&host), ["preparing", "baking"]);
    host.advance(Duration::from_secs(8));
    chef.on_reminder("step".into(), 0, 0);
    chef.on_timer("step".into());
    assert_eq!(statuses(&host), ["preparing", "baking", "ready"]);
    assert_eq!(host.sent_to("kitchen", "chef-done").len(), 1);
    assert_eq!((chef.get().task, chef.get().cooked), (None, 1));
    assert!(host.timers().is_empty() && host.reminders().is_empty());
}

#[test]
fn an_order_in_the_oven_goes_on_when_the_date_goes_back() {
    let (host, mut chef) = cooking();
    let first = timer(&host);
    host.set_now_ms(host.now_ms() - 3_600_000);
    chef.on_timer(first);
    assert_eq!(statuses(&host), ["preparing", "baking"]);
    let due_ms = host.timers()[&timer(&host)].due_ms;
    assert_eq!(due_ms - host.now_ms(), 8_000);
    // And after a restart it takes no longer than the stage does.
    host.set_now_ms(host.now_ms() - 3_600_000);
    chef.wake();
    let due_ms = host.timers()[&timer(&host)].due_ms;
    assert_eq!(due_ms - host.now_ms(), 8_000);
}

#[test]
fn after_an_outage_the_timer_is_armed_again() {
    let (host, chef) = cooking();
    silo_sdk::timers::cancel(&timer(&host));
    assert!(host.timers().is_empty());
    chef.wake();
    timer(&host);
}

#[test]
fn a_burned_pizza_sends_its_order_back() {
    let (host, mut chef) = cooking();
    assert!(
        chef.burn("overheat".into()).is_err(),
        "nothing is in the oven yet"
    );
    host.advance(Duration::from_secs(4));
    chef.on_timer(timer(&host));
    chef.burn("overheat".into()).unwrap();
    assert_eq!(statuses(&host), ["preparing", "baking", "preparing"]);
    let failed = &host.sent_to("kitchen", "chef-failed")[0];
    assert_eq!(
        failed.arguments["requeue"], false,
        "the remake comes from the order"
    );
    assert_eq!(chef.get().burned, 1);
}

#[test]
fn an_order_in_hand_goes_back_to_the_kitchen() {
    let (host, mut chef) = cooking();
    assert_eq!(chef.clock_out().unwrap().task, None);
    let sent = host.sent_to("kitchen", "chef-failed");
    assert_eq!(
        (sent[0].key.as_str(), &sent[0].arguments["requeue"]),
        ("napoli", &true.into())
    );
    assert_eq!(sent[0].arguments["orderId"], "order-1");
}

#[test]
fn a_busy_chef_takes_no_second_order() {
    let (host, mut chef) = cooking();
    chef.assign("napoli".into(), "order-1".into()).unwrap();
    assert!(host.sent_to("kitchen", "chef-failed").is_empty());
    chef.assign("napoli".into(), "order-2".into()).unwrap();
    let back = &host.sent_to("kitchen", "chef-failed")[0];
    assert_eq!(
        (&back.arguments["orderId"], &back.arguments["requeue"]),
        (&"order-2".into(), &true.into())
    );
    assert_eq!(chef.get().task.unwrap().order_id, "order-1");
}
