//! Drivers on the road: each has taken an order from an oven, and somebody waits for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::driver::{Driver, StepResult};
use super::report::Step;
use crate::bench::restaurant::with_plenty;
use crate::broker::Broker;
use crate::latency::Latencies;
use crate::phone::MqttPhone;
use crate::restaurant_setup;
use crate::retrying_client::RetryingClient;
use crate::sse::Follower;

/// For so many drivers there is one restaurant, with as many chefs.
const AT_A_RESTAURANT: u16 = 10;
/// The pause between two looks at whether something has come to pass.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub(super) struct Fleet {
    client: RetryingClient,
    drivers: Vec<Driver>,
}

impl Fleet {
    pub(super) async fn set_out(
        client: &RetryingClient,
        broker: &Broker,
        count: u16,
    ) -> anyhow::Result<Self> {
        let mut own = client.another();
        // Drivers who were on the road when an earlier run broke off still are.
        let run: u32 = rand::random();
        let named = |number: u16| format!("bench-{run:08x}-{number}");
        for number in 1..=count.div_ceil(AT_A_RESTAURANT) {
            let mut restaurant = with_plenty(&at(number), AT_A_RESTAURANT.into());
            let first = (number - 1) * AT_A_RESTAURANT;
            let last = count.min(first + AT_A_RESTAURANT);
            restaurant.drivers = (first..last).map(named).collect();
            restaurant_setup::set_up(&mut own, &restaurant).await?;
        }
        let broker = Arc::new(broker.clone());
        let mut leaving = JoinSet::new();
        for number in 0..count {
            let (client, broker) = (client.another(), Arc::clone(&broker));
            let id = named(number);
            let restaurant = at(number / AT_A_RESTAURANT + 1);
            leaving.spawn(leave(client, broker, id, restaurant));
        }
        let mut drivers = Vec::new();
        while let Some(driver) = leaving.join_next().await {
            drivers.push(driver.context("a driver")??);
        }
        Ok(Self {
            client: own,
            drivers,
        })
    }

    /// Publishes `rate` positions a second from the first of the times on, measured from the second
    /// to the third. Returns when all of them have come or nothing comes any more.
    pub(super) async fn publish(
        &mut self,
        rate: u64,
        [begin, measured, end]: [Instant; 3],
    ) -> anyhow::Result<Step> {
        let apart = Duration::from_secs(1).div_f64(rate as f64);
        let interval = apart.mul_f64(self.drivers.len() as f64);
        let patience = self.client.patience();
        let mut at_work = JoinSet::new();
        for (number, mut driver) in self.drivers.drain(..).enumerate() {
            // Drivers begin one after another within an interval: the load is even, and not in
            // bursts.
            let begin = begin + apart.mul_f64(number as f64);
            at_work.spawn(async move {
                let told = driver.publish(begin, interval, [measured, end], patience);
                let told = told.await?;
                anyhow::Ok((driver, told))
            });
        }
        let mut step = Step {
            rate,
            took: end - measured,
            planned: 0,
            published: 0,
            acknowledged: Latencies::new()?,
            seen: 0,
            to_customer: Latencies::new()?,
        };
        while let Some(done) = at_work.join_next().await {
            let (driver, told) = done.context("a driver")??;
            let StepResult {
                planned,
                published,
                acknowledged,
                seen,
                to_customer,
            } = told;
            self.drivers.push(driver);
            step.planned += planned;
            step.published += published;
            step.acknowledged.add(&acknowledged)?;
            step.seen += seen;
            step.to_customer.add(&to_customer)?;
        }
        Ok(step)
    }

    /// Delivers all orders. Returns how many positions are lost: those of drivers who never came to
    /// the last position that they reported.
    pub(super) async fn come_home(mut self) -> anyhow::Result<u64> {
        let mut lost = 0;
        for driver in &self.drivers {
            if !arrives(&mut self.client, driver).await? {
                lost += driver.unseen().max(1);
            }
            let delivered = format!("/api/drivers/{}/delivered", driver.id);
            let nothing = json!({});
            self.client.tell(Method::POST, &delivered, &nothing).await?;
            driver.phone.publish("status", "offline".into()).await?;
        }
        Ok(lost)
    }
}

fn at(number: u16) -> String {
    format!("bench-mqtt-{number}")
}

/// Brings one driver onto the road, with an order out of the oven and a customer who follows it.
async fn leave(
    mut client: RetryingClient,
    broker: Arc<Broker>,
    id: String,
    restaurant: String,
) -> anyhow::Result<Driver> {
    let request = json!({
        "customerId": format!("customer-of-{id}"), "restaurantId": restaurant,
        "items": [{"pizzaType": "Margherita", "quantity": 1}],
        "deliveryLocation": {"lat": 40.86, "lon": 14.26},
    });
    let order = client.tell(Method::POST, "/api/orders", &request).await?;
    let order = order["orderId"].as_str().context("an order's id")?;
    let path = format!("/api/orders/{order}");
    until(&mut client, &path, "a pizza is ready", |order| {
        order["status"] == "ready"
    })
    .await?;
    let status = format!("/api/drivers/{id}/status");
    until(&mut client, &status, "a driver is hired", |driver| {
        driver["restaurantId"] == restaurant
    })
    .await?;
    let works = json!({"status": "available"});
    client.tell(Method::PUT, &status, &works).await?;
    let assign = format!("{path}/assign-driver");
    let driver = json!({"driverId": id});
    client.tell(Method::POST, &assign, &driver).await?;
    until(&mut client, &status, "a driver has an order", |driver| {
        driver["orderId"] == order
    })
    .await?;
    let picked_up = format!("/api/drivers/{id}/picked-up");
    client.tell(Method::POST, &picked_up, &json!({})).await?;
    // The customer follows before the first position, or that one could not be seen.
    let customer = Follower::open(client.another(), format!("{path}/track")).await?;
    let phone = MqttPhone::connect(&broker, &id, client.patience()).await?;
    Driver::new(id, phone, customer)
}

async fn arrives(client: &mut RetryingClient, driver: &Driver) -> anyhow::Result<bool> {
    let Some((lat, lon)) = driver.last() else {
        return Ok(true);
    };
    let path = format!("/api/drivers/{}/status", driver.id);
    let expected = json!({"lat": lat, "lon": lon});
    let there = until(client, &path, "a driver arrives", |driver| {
        driver["location"] == expected
    });
    Ok(there.await.is_ok())
}

/// Waits until `holds` is true of what is read at the path.
///
/// # Errors
/// When it does not come to pass for longer than the client is patient.
async fn until(
    client: &mut RetryingClient,
    path: &str,
    what: &str,
    holds: impl Fn(&Value) -> bool,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let answer = client.get(path).await?;
        // A driver is not there before the first order.
        if answer.status.is_success() && holds(&answer.body) {
            return Ok(());
        }
        let is_late = begun.elapsed() > client.patience();
        if is_late {
            let waited_s = client.patience().as_secs();
            bail!(
                "waited {waited_s} s until {what}; {path} says {}",
                answer.body
            );
        }
        ensure!(
            !answer.status.is_server_error(),
            "{path}: {}",
            answer.status
        );
        sleep(LOOK_AGAIN).await;
    }
}
