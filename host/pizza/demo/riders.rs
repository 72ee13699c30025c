//! All drivers of a town, at work until they are called home.

use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::rider::Rider;
use super::town::Town;
use crate::patient::Patient;

pub(super) struct Riders {
    over: watch::Sender<bool>,
    at_work: Vec<JoinHandle<anyhow::Result<u64>>>,
}

impl Riders {
    pub(super) fn go(client: &Patient, town: &Town, ride: Duration) -> Self {
        let over = watch::Sender::new(false);
        let mut at_work = Vec::new();
        for restaurant in &town.restaurants {
            for id in &restaurant.drivers {
                let rider = Rider {
                    id: id.clone(),
                    client: client.another(),
                    restaurant: restaurant.location,
                    at: restaurant.location,
                    ride,
                    told_ms: 0,
                    delivered: 0,
                };
                at_work.push(tokio::spawn(rider.work(over.subscribe())));
            }
        }
        Self { over, at_work }
    }

    /// How many orders each has delivered.
    pub(super) async fn come_home(self) -> anyhow::Result<Vec<u64>> {
        self.over.send_replace(true);
        let mut delivered = Vec::new();
        for rider in self.at_work {
            delivered.push(rider.await.context("a driver")??);
        }
        Ok(delivered)
    }
}
