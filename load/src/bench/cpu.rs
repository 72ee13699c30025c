//! What CPU an order costs, or another request: the server's, as it says itself, and the generator's. Two machines
//! can be compared by it, where rates cannot; and a generator on the server's cores is seen.

use anyhow::Context as _;
use hyper::Method;
use pizza_cli::connection::Connection;
use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep_until};

/// The gauge of the server's own CPU time in seconds.
pub(super) const SERVER: &str = "pizza_cpu_seconds";

/// CPU time, in seconds, of a span.
pub(super) struct CpuSeconds {
    pub(super) server: f64,
    pub(super) generator: f64,
}

/// The CPU time between two moments; `None` where the server keeps no metrics, or shows them to
/// others than this client.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn between(
    mut server: Connection,
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

async fn of_server(server: &mut Connection) -> anyhow::Result<Option<f64>> {
    let answer = server.send(Method::GET, "/metrics", "".into(), &[]).await?;
    let text = std::str::from_utf8(&answer.body).context("/metrics is no text")?;
    let mut values = text.lines().filter_map(|line| line.strip_prefix(SERVER));
    Ok(values.find_map(|value| value.trim().parse().ok()))
}
