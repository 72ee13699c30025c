//! Whether what was promised is there: it is asked for once more, one by one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, timeout_at};

use crate::lean_connection::Template;
use crate::progress::bar;
use crate::target::Target;

/// How many connections read back, which is not measured.
const LANES: usize = 16;
/// Longer than a pizzeria waits for its actors: an answer that has not come by then never will.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ReadBack {
    /// All that were to be read.
    pub(super) wanted: u64,
    /// Those that were, before the time was over.
    pub(super) read: u64,
    /// Those of them that are not there.
    pub(super) lost: u64,
}

/// Every how many of so many is read back where `sample` of them are enough; 0 is all.
pub(super) fn step(all: u64, sample: u64) -> u64 {
    if sample == 0 {
        return 1;
    }
    (all / sample).max(1)
}

/// Asks for `wanted` things, until `last` at the latest where there is such a moment. `request`
/// says by its number what is asked, and about which actor.
///
/// # Errors
/// When the connection breaks, or an answer does not come.
pub(super) async fn read_back<R>(
    target: &Target,
    wanted: u64,
    last: Option<Instant>,
    request: R,
) -> anyhow::Result<ReadBack>
where
    R: Fn(u64) -> (Arc<Template>, u64) + Clone + Send + 'static,
{
    let progress = bar(wanted, "{bar:40} {pos}/{len} read back");
    let mut readers = Vec::new();
    for lane in 0..LANES as u64 {
        let mut connection = target.connect_lean().await?;
        let (request, progress) = (request.clone(), progress.clone());
        readers.push(tokio::spawn(async move {
            let (mut read, mut lost) = (0, 0);
            for number in (lane..wanted).step_by(LANES) {
                let now = Instant::now();
                if last.is_some_and(|last| now >= last) {
                    break;
                }
                let (request, key) = request(number);
                let answer = connection.ask_about(&request, key, number);
                let answer = timeout_at(now + ANSWER_WITHIN, answer).await;
                let status = answer.context("an answer did not come")??.status;
                read += 1;
                lost += u64::from(status != 200);
                progress.inc(1);
            }
            anyhow::Ok((read, lost))
        }));
    }
    let mut found = ReadBack {
        wanted,
        ..ReadBack::default()
    };
    for reader in readers {
        let (read, lost) = reader.await.context("a reader")??;
        found.read += read;
        found.lost += lost;
    }
    progress.finish_and_clear();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_all() {
        for (all, sample, expected) in [(10, 0, 1), (10, 5, 2), (10, 20, 1), (0, 5, 1), (7, 2, 3)] {
            assert_eq!(step(all, sample), expected, "{sample} of {all}");
        }
    }
}
