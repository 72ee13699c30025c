//! Drivers, at work until they are called home.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::Context;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::driver::Driver;
use super::driver_stats::DriverStats;
use super::travel::Travel;
use crate::broker::Broker;
use crate::phone::{MqttPhone, Phone};
use crate::retrying_client::RetryingClient;
use pizza_streets::location::Location;

/// How all drivers of a simulation work.
#[derive(Clone)]
pub(crate) struct Habits {
    pub(crate) travel: Travel,
    /// Where their phones publish; without it they speak HTTP.
    pub(crate) broker: Option<Broker>,
    /// The part of the offers that they decline, from 0 to 1.
    pub(crate) declines: f64,
    pub(crate) seed: u64,
}

pub(crate) struct DriverPool {
    over: watch::Sender<bool>,
    at_work: JoinSet<anyhow::Result<()>>,
    count: u64,
    pub(crate) stats: Arc<DriverStats>,
}

impl DriverPool {
    pub(crate) fn new() -> Self {
        Self {
            over: watch::Sender::new(false),
            at_work: JoinSet::new(),
            count: 0,
            stats: Arc::default(),
        }
    }

    /// Adds a driver, who begins at the restaurant.
    pub(crate) fn spawn(
        &mut self,
        client: &RetryingClient,
        id: &str,
        restaurant: Location,
        habits: &Habits,
    ) {
        let (client, over) = (client.another(), self.over.subscribe());
        let (id, habits, stats) = (id.to_owned(), habits.clone(), Arc::clone(&self.stats));
        // Drivers of one seed must not all do the same; by number, a run can be repeated.
        let rng = StdRng::seed_from_u64(habits.seed.wrapping_add(self.count));
        self.count += 1;
        self.at_work.spawn(async move {
            let phone = match &habits.broker {
                Some(broker) => {
                    Phone::Mqtt(MqttPhone::connect(broker, &id, client.patience()).await?)
                }
                None => Phone::Http(client.another()),
            };
            let driver = Driver {
                id,
                client,
                phone,
                travel: habits.travel,
                restaurant,
                at: restaurant,
                declines: habits.declines,
                rng,
                stats,
                reported_ms: 0,
                reported_at: Instant::now(),
                ignored: None,
                back: (Instant::now(), VecDeque::new()),
                over,
            };
            driver.work().await
        });
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Resolves when a driver cannot go on; never, while all can.
    pub(crate) async fn first_error(&mut self) -> anyhow::Error {
        loop {
            match self.at_work.join_next().await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return error,
                Some(Err(error)) => return anyhow::Error::new(error).context("a driver"),
                None => return std::future::pending().await,
            }
        }
    }

    /// Ends the shift: what is on the road is delivered, and everybody is offline.
    ///
    /// # Errors
    /// When one of them could not go on.
    pub(crate) async fn finish(mut self) -> anyhow::Result<Arc<DriverStats>> {
        self.over.send_replace(true);
        while let Some(driver) = self.at_work.join_next().await {
            driver.context("a driver")??;
        }
        Ok(self.stats)
    }
}
