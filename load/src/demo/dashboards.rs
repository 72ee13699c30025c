//! Which orders have ended, as the restaurants' dashboards have it. Whatever a dashboard may
//! have missed is asked for, so that nobody waits for it in vain.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::town::Town;
use crate::place_orders::PlacedOrder;
use crate::retrying_client::RetryingClient;
use crate::sse::Follower;

/// After so long without news, orders are asked one by one.
const SILENCE: Duration = Duration::from_secs(5);
/// News that come together are looked at together.
const GATHERED: Duration = Duration::from_millis(100);

pub(crate) struct Dashboards {
    state: Arc<State>,
    news: watch::Receiver<u64>,
    /// The tasks that follow the dashboards; dropping the set ends them.
    _screens: JoinSet<anyhow::Result<()>>,
}

struct State {
    ended: Mutex<HashSet<String>>,
    /// Counts everything that is heard.
    heard: watch::Sender<u64>,
}

impl Dashboards {
    /// Returns when every dashboard is open.
    pub(crate) async fn open(client: &RetryingClient, town: &Town) -> anyhow::Result<Self> {
        let heard = watch::Sender::new(0);
        let news = heard.subscribe();
        let state = Arc::new(State {
            ended: Mutex::default(),
            heard,
        });
        let mut screens = JoinSet::new();
        for restaurant in &town.restaurants {
            let path = format!("/api/dashboard/{}/stream", restaurant.id);
            let screen = Follower::open(client.another(), path).await?;
            screens.spawn(follow(screen, Arc::clone(&state)));
        }
        Ok(Self {
            state,
            news,
            _screens: screens,
        })
    }

    /// Waits until all orders have ended. Returns those that have not when nothing moves any more.
    pub(crate) async fn all_ended(
        &mut self,
        client: &mut RetryingClient,
        orders: &[PlacedOrder],
        progress: &ProgressBar,
    ) -> anyhow::Result<Vec<String>> {
        let mut open: Vec<String> = orders.iter().map(|order| order.id.clone()).collect();
        let mut moved = Instant::now();
        loop {
            // News are counted and not sent, so those that come while this looks are not missed.
            let before = open.len();
            // Whatever ended since the last look, on whichever dashboard.
            open.retain(|id| !self.state.has_ended(id));
            progress.set_position((orders.len() - open.len()) as u64);
            if open.is_empty() {
                return Ok(open);
            }
            if open.len() < before {
                moved = Instant::now();
            }
            if moved.elapsed() > client.patience() {
                return Ok(open);
            }
            // Either news, or a silence after which each order is asked: a dashboard may have
            // missed it.
            match timeout(SILENCE, self.news.changed()).await {
                Ok(_) => {
                    moved = Instant::now();
                    tokio::time::sleep(GATHERED).await;
                }
                Err(_) => self.ask(client, &open).await?,
            }
        }
    }

    async fn ask(&self, client: &mut RetryingClient, open: &[String]) -> anyhow::Result<()> {
        for id in open {
            let path = format!("/api/orders/{id}");
            // One that cannot be read is told by the check in the end.
            let order = client.get(&path).await?;
            if order.body["status"].as_str().is_some_and(is_end) {
                self.state.note(id, true);
            }
        }
        Ok(())
    }
}

async fn follow(mut screen: Follower, state: Arc<State>) -> anyhow::Result<()> {
    loop {
        let event = screen.next().await?;
        if let (Some(id), Some(status)) = (
            event.data["orderId"].as_str(),
            event.data["status"].as_str(),
        ) {
            state.note(id, is_end(status));
        }
    }
}

impl State {
    fn note(&self, id: &str, ended: bool) {
        if ended {
            let mut all = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(id.to_owned());
        }
        self.heard.send_modify(|count| *count += 1);
    }

    fn has_ended(&self, id: &str) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.contains(id)
    }
}

pub(super) fn is_end(status: &str) -> bool {
    matches!(status, "delivered" | "cancelled" | "rejected")
}
