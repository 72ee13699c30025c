//! SentFrom joining to serving.

use std::sync::Arc;
use std::time::Duration;

use pizza_clock::SystemClock;
use pizza_cluster::{ClusterSettings, Homes};
use pizza_store::{MembershipStore, MemoryStore};
use pizza_types::SHARDS;

use crate::fixture::{SentFrom, Silo, stays, until};

fn shards(of: &Silo, seen_by: &Silo) -> usize {
    let homes = Homes::of(&seen_by.membership.known().view);
    homes.shards_of(of.membership.me()).len()
}

fn joins(from: SentFrom) -> (Silo, Silo) {
    let store: Arc<dyn MembershipStore> = Arc::new(MemoryStore::new());
    let live = Silo::live("live", &store, SentFrom::OwnThread);
    let joining = Silo::joined("joining", &store, Arc::new(SystemClock), from);
    until("it is seen", || live.sees(&joining));
    (live, joining)
}

/// Compiling what it is to serve takes longer than a silo may be silent.
fn long() -> Duration {
    Duration::from_millis(ClusterSettings::default().dead_after_ms * 2)
}

#[test]
fn a_silo_that_takes_long_until_it_serves_is_a_member_without_shards() {
    let (live, joining) = joins(SentFrom::OwnThread);
    let is_waited_for = || live.sees(&joining) && shards(&joining, &live) == 0;
    assert!(stays(long(), is_waited_for));
    assert!(joining.has_lease());
    joining.serves();
    until("it has shards", || shards(&joining, &live) > 300);
    let all = shards(&joining, &live) + shards(&live, &live);
    assert_eq!(all, usize::from(SHARDS));
}

/// That somebody looks.
#[test]
fn without_heartbeats_it_is_taken_for_dead_meanwhile() {
    let (live, joining) = joins(SentFrom::Nowhere);
    until("it is taken for dead", || !live.sees(&joining));
}
