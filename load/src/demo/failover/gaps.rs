//! How long orders are not answered for, as somebody notices who asks for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::target::Target;

/// Between two attempts of one who was not answered.
const PAUSE: Duration = Duration::from_millis(10);
/// An order that is away for longer is told to be so long away, and nobody waits for it.
pub(super) const AWAY_MAX: Duration = Duration::from_secs(60);
/// Readers of orders that no killed silo had.
const READERS: usize = 4;

/// One request, by a connection of its own: what waits must not make another one late.
async fn is_answered(target: &Target, order: &str) -> bool {
    let request = target.template("GET", &format!("/api/orders/{order}"), "");
    let Ok(mut connection) = target.connect_lean().await else {
        return false;
    };
    let answer = connection.ask(&request).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// How long each of these is away since then, in order of their times.
///
/// # Errors
/// When a reader ends before its time.
pub(super) async fn away(
    target: &Target,
    orders: &[String],
    since: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut readers = JoinSet::new();
    for order in orders {
        let (target, order) = (target.clone(), order.clone());
        readers.spawn(async move {
            while !is_answered(&target, &order).await && since.elapsed() < AWAY_MAX {
                sleep(PAUSE).await;
            }
            since.elapsed()
        });
    }
    let mut away = Vec::new();
    while let Some(of_one) = readers.join_next().await {
        away.push(of_one.context("a reader")?);
    }
    away.sort_unstable();
    Ok(away)
}

/// Who reads orders in turn until it is enough, and the longest that any of them took.
pub(super) struct Watch {
    is_over: Arc<AtomicBool>,
    readers: JoinSet<(Duration, u64)>,
}

impl Watch {
    pub(super) fn begin(target: &Target, orders: &[String]) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let mut readers = JoinSet::new();
        let orders: Arc<[String]> = orders.into();
        for first in 0..READERS.min(orders.len()) {
            let (target, orders) = (target.clone(), Arc::clone(&orders));
            let is_over = Arc::clone(&is_over);
            readers.spawn(async move {
                let (mut longest, mut reads) = (Duration::ZERO, 0);
                let in_turn = orders.iter().cycle().skip(first * orders.len() / READERS);
                for order in in_turn {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let begun = Instant::now();
                    while !is_answered(&target, order).await && begun.elapsed() < AWAY_MAX {
                        sleep(PAUSE).await;
                    }
                    longest = longest.max(begun.elapsed());
                    reads += 1;
                    sleep(PAUSE).await;
                }
                (longest, reads)
            });
        }
        Self { is_over, readers }
    }

    /// The longest gap, and how many times an order was read.
    ///
    /// # Errors
    /// When a reader ended before its time.
    pub(super) async fn finish(mut self) -> anyhow::Result<(Duration, u64)> {
        self.is_over.store(true, Ordering::Relaxed);
        let (mut longest, mut reads) = (Duration::ZERO, 0);
        while let Some(of_one) = self.readers.join_next().await {
            let (of_one, count) = of_one.context("a reader")?;
            longest = longest.max(of_one);
            reads += count;
        }
        Ok((longest, reads))
    }
}
