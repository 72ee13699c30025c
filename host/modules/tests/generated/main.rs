//! Two thousand components that nobody wrote go the whole way from upload to call: none
//! makes the host panic or hang, and none keeps a neighbour from its turns.

mod made;
mod silo;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use made::Kind;
use silo::{End, Silo};

const MODULES: u64 = 2_000;
/// One module, from its upload to its last call. Its bounds add up to a tenth of this.
const HANGS_AFTER: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_generated_components_do_no_harm() {
    let silo = Silo::start().await;
    let begun = Instant::now();
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let (mut served, mut slowest) = (0, Duration::ZERO);
    for seed in 0..MODULES {
        let kind = Kind::of(seed);
        let wasm = made::component(kind, seed);
        let started = Instant::now();
        let went = tokio::time::timeout(HANGS_AFTER, silo.whole_way(wasm)).await;
        let end = went.unwrap_or_else(|_| panic!("module {seed} hangs"));
        slowest = slowest.max(started.elapsed());
        served += usize::from(matches!(end, End::Served { .. }));
        for word in end.words(seed) {
            *ends.entry(format!("{kind:?}: {word}")).or_default() += 1;
        }
        if seed % 100 == 0 {
            silo.neighbour_goes_on().await;
        }
    }
    silo.neighbour_goes_on().await;
    report(&ends, served, begun.elapsed(), slowest);
    // Otherwise nothing of what is behind the first stages was tried.
    assert!(served >= 1_000, "only {served} modules were served");
}

#[allow(clippy::print_stdout, reason = "the report of this test")]
fn report(ends: &BTreeMap<String, usize>, served: usize, took: Duration, slowest: Duration) {
    println!("{MODULES} modules, {served} served, in {took:.1?}; the slowest took {slowest:.1?}");
    for (end, count) in ends {
        println!("{count:>6}  {end}");
    }
}
