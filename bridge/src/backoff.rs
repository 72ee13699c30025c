//! How long to wait before a failed attempt is made again.

use std::time::Duration;

use pizza_client::Client;

const FIRST_MS: u64 = 50;
/// A broker or an actor that is back is found within this time.
const WAIT_MS_MAX: u64 = 5_000;

/// Twice as long after each try, and a random half of that, so that what has failed at once
/// is not tried again at once.
pub(crate) fn wait(client: &Client, tries: u32) -> Duration {
    // A byte of a fresh id, which is random: the bridge has no other source of randomness.
    wait_of(tries, client.transport().fresh_id().0[15])
}

fn wait_of(tries: u32, random: u8) -> Duration {
    // The shift is bounded for itself: 2^10 is beyond the maximum already.
    let longest = FIRST_MS.saturating_mul(1 << tries.min(10)).min(WAIT_MS_MAX);
    // From half of the longest to nearly all of it.
    Duration::from_millis(longest / 2 + longest * u64::from(random) / 512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_maximum_and_differ_by_chance() {
        let ms = |tries, random| wait_of(tries, random).as_millis();
        assert_eq!((ms(0, 0), ms(1, 0), ms(2, 0)), (25, 50, 100));
        assert_eq!((ms(7, 0), ms(u32::MAX, 0)), (2_500, 2_500));
        assert!((2_500..5_000).contains(&ms(30, u8::MAX)));
    }
}
