//! What CPU an order costs, or another request: the server's, as it says itself, and the generator's. Two machines
//! can be compared by it, where rates cannot; and a generator on the server's cores is seen.

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep_until};

use super::metrics::{self, Metrics};

/// CPU time, in seconds, of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct CpuSeconds {
    pub(super) server: f64,
    pub(super) generator: f64,
}

impl CpuSeconds {
    /// Microseconds of CPU of each of so many: the server's and the generator's. `None` of none.
    pub(super) fn us_of_each(&self, count: u64) -> Option<(f64, f64)> {
        let each = |seconds: f64| seconds * 1e6 / count as f64;
        (count > 0).then(|| (each(self.server), each(self.generator)))
    }
}

/// The CPU time between two moments; `None` where the server keeps no metrics, or shows them to
/// others than this client.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn between(
    mut server: Metrics,
    begin: Instant,
    end: Instant,
) -> anyhow::Result<Option<CpuSeconds>> {
    sleep_until(begin).await;
    let (before, own) = (of_server(&mut server).await?, of_this_process());
    sleep_until(end).await;
    let (after, generator) = (of_server(&mut server).await?, of_this_process() - own);
    let spent = before.zip(after).map(|(before, after)| CpuSeconds {
        server: after - before,
        generator,
    });
    Ok(spent)
}

/// The CPU time of this process so far, in seconds.
pub(super) fn of_this_process() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

async fn of_server(server: &mut Metrics) -> anyhow::Result<Option<f64>> {
    let [seconds] = server.read([metrics::CPU_SECONDS]).await?;
    Ok(seconds)
}
