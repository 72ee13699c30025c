//! One kill: what the silo had, how long that was away, and what it got back.

use std::io::Write as _;
use std::time::Duration;

use anyhow::ensure;
use pizza_cli::table;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::super::cluster::child::Child;
use super::super::cluster::session::say;
use super::super::cluster::small::{SmallCluster, name};
use super::super::customers::Customers;
use super::gaps::{self, Watch};
use crate::target::Target;

/// How long the others are read before the kill, so that reading is under way.
const BEFORE: Duration = Duration::from_millis(300);
/// How long moves to a silo that is back are waited for; an actor that never rests stays.
const MOVES_WITHIN: Duration = Duration::from_secs(30);

/// What came of one kill.
pub(super) struct Kill {
    silo: String,
    /// Orders that were looked at, and those of them that the silo had.
    looked_at: usize,
    had: usize,
    /// Since the first order.
    at: Duration,
    /// How long each order that it had was away, in order.
    pub(super) away: Vec<Duration>,
    /// The longest that somebody waited for an order of another silo, and how often they were asked for.
    others: Duration,
    reads: u64,
    /// The longest that somebody waited who ordered meanwhile, and how many did.
    ordered: usize,
    ordering: Duration,
    /// From its start until all silos knew of it.
    back_after: Duration,
    /// From then until no actor was left to move, or nobody waited any more.
    moved_after: Duration,
    left_to_move: u64,
    in_memory: u64,
    /// Of the orders that it had, those that it has again.
    has_again: usize,
}

/// Kills the next silo in turn, and starts it again. Of the orders it is looked at those from `first` on.
///
/// # Errors
/// When the silo had none of the orders, or a process does not do what it should.
pub(super) async fn kill(
    cluster: &mut SmallCluster,
    children: &mut [Child],
    customers: &Customers,
    number: u32,
    first: usize,
) -> anyhow::Result<Kill> {
    let silo = number as usize % cluster.silos();
    let target = Target::new(cluster.gateway, None)?;
    let placed = customers.placed_from(first);
    let looked_at = placed.len();
    let ids = placed.into_iter().map(|order| order.id).collect();
    let (had, others) = cluster.owned(silo, ids).await?;
    ensure!(
        !had.is_empty() && !others.is_empty(),
        "{} has {} of {looked_at} orders: a kill would show nothing; --orders gives it more",
        name(silo),
        had.len()
    );
    let watch = Watch::begin(&target, &others);
    sleep(BEFORE).await;
    say(&format!(
        "{} dies, which has {} orders",
        name(silo),
        had.len()
    ))?;
    cluster.kill(silo, children).await?;
    let killed = Instant::now();
    let at = customers.since_begin(killed);
    let away = gaps::away(&target, &had, killed).await?;
    let (others, reads) = watch.finish().await?;
    // Those that were under way at the kill, too.
    let meanwhile = customers.placed_from(0).into_iter();
    let meanwhile: Vec<Duration> = meanwhile
        .filter(|order| order.at >= killed)
        .map(|order| order.took)
        .collect();
    say(&format!("{} is started again", name(silo)))?;
    let begun = Instant::now();
    cluster.start_again(silo, children).await?;
    let back_after = begun.elapsed();
    let (moved_after, spread) = cluster.until_moved(MOVES_WITHIN).await?;
    // An actor that has moved is opened where it belongs by whoever asks for it.
    gaps::away(&target, &had, Instant::now()).await?;
    let count = had.len();
    let (again, _) = cluster.owned(silo, had).await?;
    Ok(Kill {
        silo: name(silo),
        looked_at,
        had: count,
        at,
        away,
        others,
        reads,
        ordered: meanwhile.len(),
        ordering: meanwhile.into_iter().max().unwrap_or_default(),
        back_after,
        moved_after,
        left_to_move: spread.misplaced,
        in_memory: spread.of(silo),
        has_again: again.len(),
    })
}

impl Kill {
    /// The time within which so many of a hundred were answered again.
    pub(super) fn within(&self, percent: usize) -> Duration {
        // Rounded up: the hundredth of few is the last of them.
        let at = (self.away.len() * percent).div_ceil(100).saturating_sub(1);
        self.away.get(at).copied().unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "silo": self.silo,
            "ordersLookedAt": self.looked_at,
            "ordersOfIt": self.had,
            "killedAtMs": ms(self.at),
            "awayMs": {
                "first": ms(self.within(0)), "p50": ms(self.within(50)),
                "p99": ms(self.within(99)), "max": ms(self.within(100)),
            },
            "othersMs": {"longest": ms(self.others), "reads": self.reads},
            "ordering": {"placed": self.ordered, "longestMs": ms(self.ordering)},
            "backAfterMs": ms(self.back_after),
            "moves": {
                "tookMs": ms(self.moved_after), "left": self.left_to_move,
                "inMemory": self.in_memory, "ordersAgain": self.has_again,
            },
        })
    }

    /// # Errors
    /// When the output is closed.
    pub(super) fn print(&self, number: u32) -> anyhow::Result<()> {
        let Self {
            silo,
            looked_at,
            had,
            ..
        } = self;
        writeln!(std::io::stdout().lock(), "\nkill {number}")?;
        table::print_pairs(&[
            (
                "silo",
                format!("{silo}, which had {had} of {looked_at} orders"),
            ),
            (
                "killed",
                format!("{} after the first order", seconds(self.at)),
            ),
            (
                "first answer",
                format!("{} after the kill", seconds(self.within(0))),
            ),
            (
                "away",
                format!(
                    "p50 {}, p99 {}, the last one {}",
                    seconds(self.within(50)),
                    seconds(self.within(99)),
                    seconds(self.within(100))
                ),
            ),
            (
                "others",
                format!(
                    "longest gap {} ({} answers of orders of other silos)",
                    seconds(self.others),
                    self.reads
                ),
            ),
            (
                "ordering",
                format!(
                    "{} placed meanwhile, the slowest in {}",
                    self.ordered,
                    seconds(self.ordering)
                ),
            ),
            (
                "back",
                format!(
                    "{} after its start all knew of it",
                    seconds(self.back_after)
                ),
            ),
            (
                "moves",
                format!(
                    "{} later {} actors were left to move; it has {} in memory, and {} of its {had} orders again",
                    seconds(self.moved_after),
                    self.left_to_move,
                    self.in_memory,
                    self.has_again
                ),
            ),
        ])
    }
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_of_few_is_the_last_of_them() {
        let mut kill = Kill {
            silo: String::new(),
            looked_at: 0,
            had: 0,
            at: Duration::ZERO,
            away: (1..=10).map(Duration::from_secs).collect(),
            others: Duration::ZERO,
            reads: 0,
            ordered: 0,
            ordering: Duration::ZERO,
            back_after: Duration::ZERO,
            moved_after: Duration::ZERO,
            left_to_move: 0,
            in_memory: 0,
            has_again: 0,
        };
        for (percent, expected) in [(0, 1), (50, 5), (99, 10), (100, 10)] {
            assert_eq!(
                kill.within(percent),
                Duration::from_secs(expected),
                "{percent}"
            );
        }
        kill.away.clear();
        assert_eq!(kill.within(99), Duration::ZERO);
    }
}
