//! How long to wait before a failed attempt is made again.

/// Exponential back-off with "equal jitter"
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>): the pause
/// doubles with each try up to `longest_ms`; half of it is fixed and the other half by chance,
/// so that attempts which failed together are not made together again.
///
/// `tries` counts the failures so far, from 0; `random` is any number by chance, handed in
/// because time and chance come through traits. Milliseconds.
#[must_use]
pub fn pause_ms(first_ms: u64, longest_ms: u64, tries: u32, random: u64) -> u64 {
    // 2^20 times the first pause is beyond any useful limit, and the shift cannot overflow.
    let doubled = first_ms.saturating_mul(1 << tries.min(20));
    let pause_ms = doubled.clamp(1, longest_ms.max(1));
    pause_ms / 2 + random % (pause_ms / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ_by_chance() {
        let shortest = |tries| pause_ms(50, 5_000, tries, 0);
        assert_eq!((shortest(0), shortest(1), shortest(2)), (25, 50, 100));
        assert_eq!((shortest(7), shortest(u32::MAX)), (2_500, 2_500));
        for random in 0..10_000 {
            assert!((2_500..=5_000).contains(&pause_ms(50, 5_000, 30, random)));
        }
        assert_eq!(pause_ms(50, 5_000, 30, 2_500), 5_000);
        assert_eq!(
            pause_ms(0, 0, 0, 7),
            0,
            "nothing overflows or divides by zero"
        );
    }
}
