//! How long an edge waits before it tries again.

use std::time::Duration;

use pizza_types::backoff;

use crate::client::Client;

const FIRST_MS: u64 = 50;
/// Whatever that is back is found within this time.
const LONGEST_MS: u64 = 5_000;

/// `tries` counts the failures so far.
#[must_use]
pub fn wait(client: &Client, tries: u32) -> Duration {
    wait_within(client, FIRST_MS, LONGEST_MS, tries)
}

/// The same with bounds of one's own, in milliseconds.
#[must_use]
pub fn wait_within(client: &Client, first_ms: u64, longest_ms: u64, tries: u32) -> Duration {
    // An edge has no other source of chance than the ids that are random.
    let [.., a, b, c, d] = client.transport().fresh_id().0;
    let random = u64::from(u32::from_le_bytes([a, b, c, d]));
    Duration::from_millis(backoff::pause_ms(first_ms, longest_ms, tries, random))
}
