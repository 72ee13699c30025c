use std::time::Duration;

use silo_sdk::testing::Host;

use super::*;

fn cooking() -> (Host, Chef) {
    let host = Host::new("chef", "napoli.1");
    host.set_config("speed", "60");
    let mut chef = Chef::default();
    chef.clock_in().unwrap();
    host.set_caller(Some(("kitchen", "napoli")));
    chef.assign("napoli".into(), "order-1".into(), 0).unwrap();
    (host, chef)
}

/// The name of the one timer that is set.
fn timer(host: &Host) -> String {
    let timers = host.timers();
    assert_eq!(timers.len(), 1);
    timers.into_keys().next().unwrap()
}

/// The name of the one reminder that is set.
fn reminder(host: &Host) -> String {
    let reminders = host.reminders();
    assert_eq!(reminders.len(), 1);
    reminders.into_keys().next().unwrap()
}

fn steps(host: &Host) -> Vec<String> {
    let sent = host.sent_to("order", "cook");
    let step = |s: silo_sdk::testing::Sent| s.arguments["step"].as_str().unwrap().to_owned();
    sent.into_iter().map(step).collect()
}

#[test]
fn an_order_is_prepared_baked_and_ready_never_early() {
    let (host, mut chef) = cooking();
    let first = timer(&host);
    assert_eq!(reminder(&host), first);
    host.advance(Duration::from_secs(4));
    chef.on_timer(first.clone());
    // It rang twice, or waited for its turn while the reminder did its work.
    chef.on_timer(first);
    assert_eq!(steps(&host), ["began", "baking"]);
    host.advance(Duration::from_secs(8));
    chef.on_reminder(reminder(&host), 0, 0);
    assert_eq!(steps(&host), ["began", "baking", "ready"]);
    assert_eq!((chef.get().task, chef.get().cooked), (None, 1));
    assert!(host.timers().is_empty() && host.reminders().is_empty());
}

/// A dead letter is delivered whatever has become of the reminder.
#[test]
fn a_reminder_of_an_earlier_stage_takes_nothing_out_of_the_oven() {
    let (host, mut chef) = cooking();
    let (first, of_first) = (timer(&host), reminder(&host));
    host.advance(Duration::from_secs(4));
    chef.on_timer(first);
    chef.on_reminder(of_first, 0, 0);
    assert_eq!(steps(&host), ["began", "baking"]);
    assert_eq!(chef.get().task.unwrap().stage, Stage::Baking);
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
    let first = timer(&host);
    host.advance(Duration::from_secs(4));
    chef.on_timer(first);
    chef.burn("overheat".into()).unwrap();
    assert_eq!(steps(&host), ["began", "baking", "burned"]);
    assert_eq!(host.sent_to("kitchen", "chef-failed").len(), 1);
    assert_eq!(chef.get().burned, 1);
}

#[test]
fn an_order_in_hand_goes_back_to_the_kitchen() {
    let (host, mut chef) = cooking();
    assert_eq!(chef.clock_out().unwrap().task, None);
    assert_eq!(steps(&host), ["began", "gaveUp"]);
    let sent = &host.sent_to("kitchen", "chef-failed")[0];
    assert_eq!(sent.arguments["orderId"], "order-1");
}

#[test]
fn an_order_that_others_move_is_followed_or_dropped() {
    let (host, mut chef) = cooking();
    chef.follow("order-1".into(), 0).unwrap();
    let task = chef.get().task.unwrap();
    assert_eq!(task.stage, Stage::Baking);
    assert_eq!(task.due_at - host.now_ms(), 8_000);
    chef.abandon("order-1".into(), 1).unwrap();
    assert!(chef.get().task.is_some(), "that is another round");
    chef.abandon("order-1".into(), 0).unwrap();
    assert_eq!(chef.get().task, None);
    assert_eq!(steps(&host), ["began"], "the order knows by itself");
    assert!(host.timers().is_empty() && host.reminders().is_empty());
    host.set_caller(None);
    assert!(chef.assign("napoli".into(), "order-2".into(), 0).is_err());
}

#[test]
fn a_busy_chef_takes_no_second_order() {
    let (host, mut chef) = cooking();
    chef.assign("napoli".into(), "order-1".into(), 0).unwrap();
    assert!(host.sent_to("kitchen", "chef-failed").is_empty());
    chef.assign("napoli".into(), "order-2".into(), 0).unwrap();
    let back = &host.sent_to("kitchen", "chef-failed")[0];
    assert_eq!(back.arguments["orderId"], "order-2");
    assert_eq!(steps(&host), ["began", "gaveUp"]);
    assert_eq!(chef.get().task.unwrap().order_id, "order-1");
}

#[test]
fn an_order_is_requeue_while_it_is_prepared_and_that_is_no_failure() {
    let (host, mut chef) = cooking();
    chef.requeue("order-1".into(), 1).unwrap();
    assert!(chef.get().task.is_some(), "that is another round");
    chef.requeue("order-1".into(), 0).unwrap();
    assert_eq!(chef.get().task, None);
    assert_eq!(steps(&host), ["began", "gaveUp"]);
    assert!(host.sent_to("kitchen", "chef-failed").is_empty());
    assert!(host.timers().is_empty() && host.reminders().is_empty());
    chef.assign("napoli".into(), "order-2".into(), 0).unwrap();
    chef.follow("order-2".into(), 0).unwrap();
    chef.requeue("order-2".into(), 0).unwrap();
    assert_eq!(chef.get().task.unwrap().stage, Stage::Baking, "it stays in");
    host.set_caller(None);
    assert!(chef.requeue("order-2".into(), 0).is_err());
}
