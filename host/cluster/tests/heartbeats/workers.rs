//! Workers that are busy, and workers that do nothing any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pizza_cluster::ClusterSettings;
use pizza_store::{MembershipStore, MemoryStore};

use crate::fixture::{SentFrom, Silo, stays, until};

fn two(from: SentFrom) -> (Silo, Silo) {
    let store: Arc<dyn MembershipStore> = Arc::new(MemoryStore::new());
    let (one, other) = (
        Silo::live("one", &store, from),
        Silo::live("other", &store, SentFrom::OwnThread),
    );
    until("each knows of the other", || {
        one.sees(&other) && other.sees(&one)
    });
    (one, other)
}

/// Longer than a silo may be silent, and shorter than its workers may be.
fn a_while() -> Duration {
    let settings = ClusterSettings::default();
    let ms = settings.dead_after_ms + 300;
    assert!(ms < settings.silent_ms_max);
    Duration::from_millis(ms)
}

#[test]
fn a_silo_whose_workers_are_blocked_for_a_while_stays_a_member_with_its_lease() {
    let (one, other) = two(SentFrom::OwnThread);
    let version = other.membership.known().view.version;
    one.block(a_while());
    let is_there = || other.sees(&one) && one.has_lease();
    assert!(stays(a_while() + Duration::from_secs(1), is_there));
    assert_eq!(other.membership.known().view.version, version);
}

/// That the workers were blocked.
#[test]
fn heartbeats_of_the_workers_would_not_have_kept_it() {
    let (one, other) = two(SentFrom::Workers);
    one.block(Duration::from_secs(20));
    until("it is taken for dead", || !other.sees(&one));
}

#[test]
fn a_silo_whose_workers_do_nothing_any_more_is_dead_and_has_no_lease() {
    let (mut one, other) = two(SentFrom::OwnThread);
    one.block(Duration::from_secs(6));
    let took = until("it is taken for dead", || !other.sees(&one));
    assert!(!one.has_lease(), "a lease after {took:?}");
    let settings = ClusterSettings::default();
    assert!(
        took > Duration::from_millis(settings.silent_ms_max),
        "{took:?}"
    );
    one.dies();
    assert!(one.membership.is_expelled());
}

/// What a silo that hangs for ever comes to: whoever could end it hangs too, and so its heartbeats do.
#[test]
fn a_silo_whose_workers_never_come_back_ends_by_its_last_resort() {
    let (one, other) = two(SentFrom::OwnThread);
    one.block(Duration::from_secs(25));
    until("it is taken for dead", || !other.sees(&one));
    assert!(!one.is_ended.load(Ordering::Relaxed), "they may come back");
    until("it is ended", || one.is_ended.load(Ordering::Relaxed));
    assert!(!other.is_ended.load(Ordering::Relaxed));
}

#[test]
fn a_silo_whose_workers_are_busy_keeps_its_heartbeats() {
    let (one, other) = two(SentFrom::OwnThread);
    let version = other.membership.known().view.version;
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..16 {
        let stop = Arc::clone(&stop);
        one.workers().spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                while begun.elapsed() < Duration::from_millis(30) {
                    std::hint::spin_loop();
                }
                tokio::task::yield_now().await;
            }
        });
    }
    assert!(stays(Duration::from_secs(4), || other.sees(&one)));
    assert_eq!(other.membership.known().view.version, version);
    stop.store(true, Ordering::Relaxed);
}
