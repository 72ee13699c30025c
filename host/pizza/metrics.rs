//! Where this process's counters go: into memory, from where `/metrics` reads them.

use std::time::Duration;

use anyhow::Context;
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use pizza_silo::SiloMetrics;

/// How often samples are sorted into buckets; they wait in memory until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// The buckets of times in seconds: from a tenth of a millisecond, a turn's time, to half a minute,
/// a call's.
const SECONDS: [f64; 15] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
    30.0,
];
/// The buckets of counts, such as how many commits are written together.
const COUNTS: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0,
];

/// Begins to count. Call it before anything that is counted is built.
///
/// # Errors
/// When this process counts already.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_group_commits".to_owned()), &COUNTS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("this process keeps metrics already")?;
    describe_gauge!(
        "pizza_build_info",
        "1, with the version of this program as a label"
    );
    gauge!("pizza_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    describe_gauge!("pizza_resident_bytes", "Memory of this process");
    describe_gauge!(
        "pizza_cpu_seconds",
        "CPU time of this process since its start"
    );
    // Without it the samples of a process that nobody scrapes would grow without end.
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// Everything that is counted, and how things stand right now.
pub(crate) fn read(handle: &PrometheusHandle, silo: &SiloMetrics) -> String {
    // Set only when somebody looks, so that nothing has to keep them up to date.
    silo.set();
    of_this_process(handle)
}

/// Everything that is counted in a process without a silo.
pub(crate) fn of_this_process(handle: &PrometheusHandle) -> String {
    if let Some(bytes) = resident_bytes() {
        gauge!("pizza_resident_bytes").set(bytes);
    }
    gauge!("pizza_cpu_seconds").set(cpu_seconds());
    handle.render()
}

fn cpu_seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// The memory of this process, where the system tells it: the second number of `/proc/self/statm`,
/// in pages.
fn resident_bytes() -> Option<f64> {
    const PAGE_BYTES: u32 = 4_096;
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u32 = text.split(' ').nth(1)?.parse().ok()?;
    Some(f64::from(pages) * f64::from(PAGE_BYTES))
}
