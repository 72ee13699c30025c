//! One module's misbehaviour is no other module's trouble. A program of its own: what is
//! measured here is not to wait for other tests.

#[path = "guest/fixture.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fixture::{GRASPING, Guest, HOSTILE, guest_on, host, hostile_on, limits, turn};

/// Lets eight tasks misbehave for as long as the measurement lasts.
async fn beside(text: &str, method: &'static str, arguments: &'static str) -> Duration {
    let host = host();
    let good = hostile_on(&host, |_| ()).await;
    let bad = guest_on(&host, text, |_| ()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let attacks: Vec<_> = (0..8)
        .map(|_| {
            let (module, stop) = (Arc::clone(&bad.module), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut failed = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    failed += u32::from(module.run(turn(method, arguments)).await.is_err());
                    tokio::task::yield_now().await;
                }
                failed
            })
        })
        .collect();
    let slowest = measure(&good).await;
    stop.store(true, Ordering::Relaxed);
    for attack in attacks {
        assert!(attack.await.expect("a task") > 0, "{method} was allowed");
    }
    slowest
}

async fn measure(good: &Guest) -> Duration {
    let (begin, mut slowest) = (Instant::now(), Duration::ZERO);
    while begin.elapsed() < Duration::from_millis(500) {
        let started = Instant::now();
        good.reply("turns", "").await;
        slowest = slowest.max(started.elapsed());
        tokio::task::yield_now().await;
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_goes_on_beside_misbehaviour() {
    for (text, method, arguments) in [
        (HOSTILE, "trap", ""),
        (HOSTILE, "loop", ""),
        (HOSTILE, "recurse", "[0]"),
        (HOSTILE, "allocate", ""),
        (HOSTILE, "reply", "[104857600]"),
        (HOSTILE, "effects", "[10000]"),
        (GRASPING, "leak", "[1000000]"),
        (GRASPING, "send-itself", "[1000000]"),
        (GRASPING, "set-state", "[1073741824]"),
        (GRASPING, "half", ""),
    ] {
        let slowest = beside(text, method, arguments).await;
        // Eight loops on two threads, each looked at every 10 ms, make some 40 ms of
        // waiting; a budget of 50 ms each would make 200.
        assert!(
            slowest < Duration::from_millis(150),
            "{method}: {slowest:?}"
        );
    }
}

#[tokio::test]
async fn timers_and_sockets_go_on_beside_a_loop() {
    let host = host();
    let bad = hostile_on(&host, limits(|limits| limits.cpu_ms = 400)).await;
    let module = Arc::clone(&bad.module);
    let looping = tokio::spawn(async move { module.run(turn("loop", "")).await });
    tokio::task::yield_now().await;
    let started = Instant::now();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let took = started.elapsed();
    assert!(took < Duration::from_millis(200), "{took:?}");
    assert!(looping.await.expect("a task").is_err());
}
