//! What the server says of itself, in numbers.

use crate::lean_connection::Template;
use crate::target::Target;

/// The server's own CPU time in seconds.
pub(super) const CPU_SECONDS: &str = "pizza_cpu_seconds";
/// Its memory in bytes, as the system counts it.
pub(super) const RESIDENT_BYTES: &str = "pizza_resident_bytes";
/// Actors in memory, of all types.
pub(super) const ACTORS_IN_MEMORY: &str = "pizza_actors_in_memory";
/// One-way messages that are on their way.
pub(super) const OUTBOX_PENDING: &str = "pizza_outbox_pending";

/// A server's metrics. To look is not free: the server walks all its actors.
pub(super) struct Metrics {
    target: Target,
    request: Template,
}

impl Metrics {
    /// # Errors
    /// When the server cannot be reached.
    pub(super) async fn open(target: &Target) -> anyhow::Result<Self> {
        // A mistake in the address shows before the load.
        target.connect_lean().await?;
        Ok(Self {
            target: target.clone(),
            request: target.template("GET", "/metrics", ""),
        })
    }

    /// The gauges of these names, all of one moment; `None` is one that the server does not keep,
    /// or shows to others than this client.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(super) async fn read<const N: usize>(
        &self,
        names: [&str; N],
    ) -> anyhow::Result<[Option<f64>; N]> {
        // One of its own each time: a minute between two looks is longer than a server keeps one.
        let mut connection = self.target.connect_lean().await?;
        let answer = connection.ask(&self.request).await?;
        let text = String::from_utf8_lossy(answer.body);
        Ok(names.map(|name| gauge(&text, name)))
    }
}

/// The value in a line that has nothing but name and value.
fn gauge(text: &str, name: &str) -> Option<f64> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
    values.find_map(|value| value.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_found_by_its_whole_name() {
        let text = "# TYPE pizza_cpu_seconds gauge\npizza_cpu_seconds_max 9\n\
                    pizza_breaker_open{type=\"a\"} 1\npizza_cpu_seconds 1.5\n";
        assert_eq!(gauge(text, CPU_SECONDS), Some(1.5));
        assert_eq!(gauge(text, "pizza_breaker_open"), None);
        assert_eq!(gauge(text, OUTBOX_PENDING), None);
    }
}
