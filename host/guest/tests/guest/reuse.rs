//! Which instance a turn meets.

use std::time::{Duration, Instant};

use pizza_guest::{GuestError, HostConfig, Reuse, WasmHost};

use crate::fixture::{fresh, hostile, hostile_on, limits, turn};

#[tokio::test]
async fn a_trusted_instance_is_used_again() {
    let guest = hostile(|_| ()).await;
    for turns in 1..=5 {
        assert_eq!(guest.reply("turns", "").await, turns.to_string());
    }
}

#[tokio::test]
async fn an_untrusted_one_is_not() {
    let guest = hostile(fresh).await;
    for _ in 0..5 {
        assert_eq!(guest.reply("turns", "").await, "1");
    }
}

#[tokio::test]
async fn an_instance_retires_after_its_turns() {
    let guest = hostile(|settings| settings.reuse = Reuse::Warm { turns_max: 3 }).await;
    let mut seen = Vec::new();
    for _ in 0..7 {
        seen.push(guest.reply("turns", "").await);
    }
    assert_eq!(seen, ["1", "2", "3", "1", "2", "3", "1"]);
}

#[tokio::test]
async fn an_instance_that_failed_is_not_used_again() {
    let guest = hostile(limits(|limits| limits.cpu_ms = 20)).await;
    for failing in ["trap", "loop", "recurse", "write-from-query", "allocate"] {
        assert_eq!(guest.reply("turns", "").await, "1", "before {failing}");
        let arguments = if failing == "recurse" { "[0]" } else { "" };
        guest.refusal(failing, arguments).await;
    }
    assert_eq!(guest.reply("turns", "").await, "1");
}

#[tokio::test]
async fn an_instance_that_grew_is_not_kept() {
    let guest = hostile(|_| ()).await;
    assert_eq!(guest.reply("turns", "").await, "1");
    guest.reply("make-do", "").await;
    assert_eq!(guest.reply("turns", "").await, "1");
}

#[tokio::test]
async fn a_turn_that_is_dropped_leaves_no_instance_behind() {
    let guest = hostile(limits(|limits| {
        limits.cpu_ms = 10_000;
        limits.instances = 1;
    }))
    .await;
    for _ in 0..3 {
        let looping = guest.module.run(turn("loop", ""));
        let given_up = tokio::time::timeout(Duration::from_millis(30), looping).await;
        assert!(given_up.is_err(), "the loop ended");
        // Its place is free, and what comes next is another instance.
        assert_eq!(guest.reply("turns", "").await, "1");
        guest.refusal("trap", "").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_makes_turns_wait_and_then_says_so() {
    let guest = hostile(limits(|limits| {
        limits.instances = 1;
        limits.wait_ms = 100;
        limits.cpu_ms = 1_000;
    }))
    .await;
    let module = std::sync::Arc::clone(&guest.module);
    let looping = tokio::spawn(async move { module.run(turn("loop", "")).await });
    let started = Instant::now();
    // Until the loop has taken the only place, turns get through.
    let error = loop {
        match guest.call("turns", "").await {
            Err(error) => break error,
            Ok(_) => assert!(started.elapsed() < Duration::from_secs(5)),
        }
    };
    let GuestError::NoInstance { waited_ms } = error else {
        panic!("{error:?}");
    };
    assert!(waited_ms >= 100, "{waited_ms}");
    assert!(looping.await.expect("a task").is_err());
    assert_eq!(guest.reply("turns", "").await, "1");
}

#[tokio::test]
async fn an_idle_instance_makes_room_for_another_module() {
    let config = HostConfig {
        instances_max: 1,
        ..HostConfig::default()
    };
    let host = std::sync::Arc::new(WasmHost::new(config).expect("an engine"));
    let first = hostile_on(&host, |_| ()).await;
    let second = hostile_on(&host, |_| ()).await;
    for _ in 0..3 {
        assert_eq!(first.reply("turns", "").await, "1");
        assert_eq!(second.reply("turns", "").await, "1");
    }
    assert_eq!(second.reply("turns", "").await, "2");
}
