//! Drivers, at work until they are called home.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::Context;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::broker::Broker;
use super::phone::{Mqtt, Phone};
use super::place::Place;
use super::rider::Rider;
use super::shift::Shift;
use super::way::Way;
use crate::patient::Patient;

/// How all of them work.
#[derive(Clone)]
pub(crate) struct Habits {
    pub(crate) way: Way,
    /// Whom their phones call; without it they speak HTTP.
    pub(crate) broker: Option<Broker>,
    /// Which part of the offers they do not take, from 0 to 1.
    pub(crate) declines: f64,
    pub(crate) seed: u64,
}

pub(crate) struct Riders {
    over: watch::Sender<bool>,
    at_work: JoinSet<anyhow::Result<()>>,
    count: u64,
    pub(crate) shift: Arc<Shift>,
}

impl Riders {
    pub(crate) fn new() -> Self {
        Self {
            over: watch::Sender::new(false),
            at_work: JoinSet::new(),
            count: 0,
            shift: Arc::default(),
        }
    }

    /// One more, who begins at the restaurant.
    pub(crate) fn go(&mut self, client: &Patient, id: &str, restaurant: Place, habits: &Habits) {
        let (client, over) = (client.another(), self.over.subscribe());
        let (id, habits, shift) = (id.to_owned(), habits.clone(), Arc::clone(&self.shift));
        let rng = StdRng::seed_from_u64(habits.seed.wrapping_add(self.count));
        self.count += 1;
        self.at_work.spawn(async move {
            let phone = match &habits.broker {
                Some(broker) => Phone::Mqtt(Mqtt::call(broker, &id, client.patience()).await?),
                None => Phone::Http(client.another()),
            };
            let rider = Rider {
                id,
                client,
                phone,
                way: habits.way,
                restaurant,
                at: restaurant,
                declines: habits.declines,
                rng,
                shift,
                told_ms: 0,
                told_at: Instant::now(),
                ignored: None,
                back: (Instant::now(), VecDeque::new()),
                over,
            };
            rider.work().await
        });
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Resolves when one of them cannot go on.
    pub(crate) async fn trouble(&mut self) -> anyhow::Error {
        loop {
            match self.at_work.join_next().await {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return error,
                Some(Err(error)) => return anyhow::Error::new(error).context("a driver"),
                None => return std::future::pending().await,
            }
        }
    }

    /// What is on the road is delivered, and everybody is offline.
    ///
    /// # Errors
    /// When one of them could not go on.
    pub(crate) async fn come_home(mut self) -> anyhow::Result<Arc<Shift>> {
        self.over.send_replace(true);
        while let Some(rider) = self.at_work.join_next().await {
            rider.context("a driver")??;
        }
        Ok(self.shift)
    }
}
