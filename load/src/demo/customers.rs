//! Customers who order all the time, while something else happens to the pizzeria.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::town::Town;
use crate::place_orders;
use crate::retrying_client::RetryingClient;

/// An order that was acknowledged.
#[derive(Clone)]
pub(super) struct Acknowledged {
    pub(super) id: String,
    pub(super) at: Instant,
    /// From the moment when it was to be placed, so that a late one does not look quick.
    pub(super) took: Duration,
}

/// Dropping them ends them in the middle.
pub(super) struct Customers {
    state: Arc<State>,
    tasks: JoinSet<anyhow::Result<()>>,
}

struct State {
    town: Town,
    begun: Instant,
    /// Orders in a second of all customers; without it each orders as soon as the last one is taken.
    rate: Option<f64>,
    next: AtomicU32,
    is_over: AtomicBool,
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    placed: Vec<Acknowledged>,
    refused: Vec<String>,
}

impl Customers {
    /// So many customers begin to order, all of them together at this rate.
    pub(super) fn begin(
        client: &RetryingClient,
        town: Town,
        count: u16,
        rate: Option<f64>,
    ) -> Self {
        let state = Arc::new(State {
            town,
            begun: Instant::now(),
            rate,
            next: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            orders: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            tasks.spawn(order(Arc::clone(&state), client.another()));
        }
        Self { state, tasks }
    }

    /// Those that were acknowledged until now, beginning with this one.
    pub(super) fn placed_from(&self, first: usize) -> Vec<Acknowledged> {
        let orders = self.state.orders();
        orders.placed.get(first..).unwrap_or_default().to_vec()
    }

    /// How long after the first order that was.
    pub(super) fn since_begin(&self, at: Instant) -> Duration {
        at - self.state.begun
    }

    pub(super) fn count(&self) -> usize {
        self.state.orders().placed.len()
    }

    /// Ends them; each order that was begun is waited for. Returns all that were taken, and why others were not.
    ///
    /// # Errors
    /// When one of them was not answered for longer than the client is patient.
    pub(super) async fn finish(mut self) -> anyhow::Result<(Vec<Acknowledged>, Vec<String>)> {
        self.state.is_over.store(true, Ordering::Relaxed);
        while let Some(customer) = self.tasks.join_next().await {
            customer.context("a customer")??;
        }
        let orders = std::mem::take(&mut *self.state.orders());
        Ok((orders.placed, orders.refused))
    }

    /// Waits until so many have been acknowledged.
    ///
    /// # Errors
    /// When customers give up, or time is up.
    pub(super) async fn until(&mut self, count: usize, within: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + within;
        while self.count() < count {
            if let Some(ended) = self.tasks.try_join_next() {
                ended.context("a customer")??;
            }
            let there_are = self.count();
            anyhow::ensure!(
                Instant::now() < end,
                "only {there_are} of {count} orders were taken within {within:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl State {
    fn orders(&self) -> std::sync::MutexGuard<'_, Orders> {
        // What is pushed is whole, whoever panics.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn order(state: Arc<State>, mut client: RetryingClient) -> anyhow::Result<()> {
    loop {
        let number = state.next.fetch_add(1, Ordering::Relaxed);
        let mut due = Instant::now();
        if let Some(rate) = state.rate {
            due = state.begun + Duration::from_secs_f64(f64::from(number) / rate);
            sleep_until(due).await;
        }
        if state.is_over.load(Ordering::Relaxed) {
            return Ok(());
        }
        let request = state.town.request(number);
        let placed = place_orders::place_one(&mut client, number as usize, &request).await?;
        let mut orders = state.orders();
        match placed {
            Ok(placed) => orders.placed.push(Acknowledged {
                id: placed.id,
                at: Instant::now(),
                took: due.elapsed(),
            }),
            Err(refused) => orders.refused.push(refused),
        }
    }
}
