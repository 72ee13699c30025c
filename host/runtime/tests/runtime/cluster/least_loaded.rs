//! Actors that are opened where there is less to do.

use pizza_runtime::Placement;
use serde_json::json;

use super::fixture::{Cluster, Member};
use crate::fixture::until;

const ACTORS: usize = 1_000;
/// So many new actors in a row pass over a silo by chance once in 50,000 times, if it gets a sixth of them: as it
/// does until it is heard of.
const IN_A_ROW: usize = 60;

/// Makes new actors by asking this silo, and tells how many of them each of the others got.
async fn made<const N: usize>(
    cluster: &Cluster,
    silos: &[Member; N],
    name: &str,
    count: usize,
) -> [usize; N] {
    let mut got = [0; N];
    for number in 0..count {
        let key = format!("{name}-{number}");
        silos[0].probes.act(&key, json!([{"note": "x"}])).await;
        let (_, owner) = cluster.record(&key).await.expect("a record");
        let at = silos.iter().position(|silo| *silo.me() == owner);
        got[at.expect("one of them")] += 1;
    }
    got
}

/// Waits until the silo that is asked has heard that this one is busy.
async fn until_avoided(cluster: &Cluster, silos: &[Member; 3], busy: usize) {
    let batches = std::sync::atomic::AtomicUsize::new(0);
    let is_avoided = async || {
        let batch = batches.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("before-{busy}-{batch}");
        made(cluster, silos, &name, IN_A_ROW).await[busy] == 0
    };
    assert!(until(is_avoided).await, "silo {busy} gets no more actors");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "measured figures")]
async fn a_busy_silo_gets_a_tenth_of_new_actors_at_most() {
    let mut cluster = Cluster::new();
    cluster.policy.placement = Placement::LeastLoaded;
    let silos = cluster.silos(["one", "two", "three"]).await;
    silos[1].cpu.set(900);
    until_avoided(&cluster, &silos, 1).await;
    let got = made(&cluster, &silos, "a", ACTORS).await;
    println!("new actors of silos at 0, 90 and 0 % CPU: {got:?}");
    assert!(got[1] <= ACTORS / 10, "{got:?}");
    assert!(got[0] >= ACTORS / 4 && got[2] >= ACTORS / 4, "{got:?}");
    // Also the one that is asked, when it is busy itself.
    silos[1].cpu.set(0);
    silos[0].cpu.set(900);
    until_avoided(&cluster, &silos, 0).await;
    let got = made(&cluster, &silos, "b", ACTORS / 10).await;
    assert!(got[0] <= ACTORS / 100 && got[1] >= ACTORS / 40, "{got:?}");
    // Who has an actor keeps it, however busy it is.
    let before = cluster.record("a-0").await.expect("a record").1;
    let owner = silos.iter().find(|silo| *silo.me() == before);
    owner.expect("one of them").cpu.set(1_000);
    for silo in &silos {
        silo.probes.act("a-0", json!([{"note": "y"}])).await;
    }
    let after = cluster.record("a-0").await.expect("a record").1;
    assert_eq!(before, after);
    assert_eq!(silos[0].probes.notes("a-0").await, ["x", "y", "y", "y"]);
}
