//! How long the bridge waits before it tries again.

use std::time::Duration;

use pizza_client::Client;
use pizza_types::backoff;

const FIRST_MS: u64 = 50;
/// A broker or an actor that is back is found within this time.
const LONGEST_MS: u64 = 5_000;

/// `tries` counts the failures so far.
pub(crate) fn wait(client: &Client, tries: u32) -> Duration {
    // The bridge has no other source of chance than the ids that are random.
    let [.., a, b] = client.transport().fresh_id().0;
    let random = u64::from(u16::from_le_bytes([a, b]));
    Duration::from_millis(backoff::pause_ms(FIRST_MS, LONGEST_MS, tries, random))
}
