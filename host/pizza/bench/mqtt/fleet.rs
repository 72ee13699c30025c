//! Drivers on the road: each has taken an order from an oven, and somebody waits for it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::courier::{Courier, Told};
use super::report::Step;
use crate::latency::Latencies;
use crate::patient::Patient;
use crate::set_up;
use crate::simulate::broker::Broker;
use crate::simulate::phone::Mqtt;
use crate::sse::Follower;

/// For so many drivers there is one restaurant, with as many chefs.
const AT_A_RESTAURANT: u16 = 10;
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub(super) struct Fleet {
    client: Patient,
    couriers: Vec<Courier>,
}

impl Fleet {
    pub(super) async fn set_out(
        client: &Patient,
        broker: &Broker,
        drivers: u16,
    ) -> anyhow::Result<Self> {
        let mut own = client.another();
        // Whoever was on the road when an earlier run broke off still is.
        let run: u32 = rand::random();
        let named = |number: u16| format!("bench-{run:08x}-{number}");
        for number in 1..=drivers.div_ceil(AT_A_RESTAURANT) {
            let mut restaurant = crate::bench::restaurant(&at(number), AT_A_RESTAURANT.into());
            let first = (number - 1) * AT_A_RESTAURANT;
            let last = drivers.min(first + AT_A_RESTAURANT);
            restaurant.drivers = (first..last).map(named).collect();
            set_up::restaurant(&mut own, &restaurant).await?;
        }
        let broker = Arc::new(broker.clone());
        let mut leaving = JoinSet::new();
        for number in 0..drivers {
            let (client, broker) = (client.another(), Arc::clone(&broker));
            let id = named(number);
            let restaurant = at(number / AT_A_RESTAURANT + 1);
            leaving.spawn(leave(client, broker, id, restaurant));
        }
        let mut couriers = Vec::new();
        while let Some(courier) = leaving.join_next().await {
            couriers.push(courier.context("a driver")??);
        }
        Ok(Self {
            client: own,
            couriers,
        })
    }

    /// So many positions a second from the first of the times on, and measured from the
    /// second to the third. Returns when all of them have come or nothing comes any more.
    pub(super) async fn publish(
        &mut self,
        rate: u64,
        [begin, measured, end]: [Instant; 3],
    ) -> anyhow::Result<Step> {
        let apart = Duration::from_secs(1).div_f64(rate as f64);
        let interval = apart.mul_f64(self.couriers.len() as f64);
        let patience = self.client.patience();
        let mut at_work = JoinSet::new();
        for (number, mut courier) in self.couriers.drain(..).enumerate() {
            let begin = begin + apart.mul_f64(number as f64);
            at_work.spawn(async move {
                let told = courier.publish(begin, interval, [measured, end], patience);
                let told = told.await?;
                anyhow::Ok((courier, told))
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
            let (courier, told) = done.context("a driver")??;
            let Told {
                planned,
                published,
                acknowledged,
                seen,
                to_customer,
            } = told;
            self.couriers.push(courier);
            step.planned += planned;
            step.published += published;
            step.acknowledged.add(&acknowledged)?;
            step.seen += seen;
            step.to_customer.add(&to_customer)?;
        }
        Ok(step)
    }

    /// All orders are delivered. How many positions are lost: those of drivers who never
    /// came to the last place that they told.
    pub(super) async fn come_home(mut self) -> anyhow::Result<u64> {
        let mut lost = 0;
        for courier in &self.couriers {
            if !arrives(&mut self.client, courier).await? {
                lost += courier.unseen().max(1);
            }
            let delivered = format!("/api/drivers/{}/delivered", courier.id);
            let nothing = json!({});
            self.client.tell(Method::POST, &delivered, &nothing).await?;
            courier.phone.tell("status", "offline".into()).await?;
        }
        Ok(lost)
    }
}

fn at(number: u16) -> String {
    format!("bench-mqtt-{number}")
}

/// With an order out of the oven.
async fn leave(
    mut client: Patient,
    broker: Arc<Broker>,
    id: String,
    restaurant: String,
) -> anyhow::Result<Courier> {
    let wish = json!({
        "customerId": format!("customer-of-{id}"), "restaurantId": restaurant,
        "items": [{"pizzaType": "Margherita", "quantity": 1}],
        "deliveryLocation": {"lat": 40.86, "lon": 14.26},
    });
    let order = client.tell(Method::POST, "/api/orders", &wish).await?;
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
    let customer = Follower::open(client.another(), format!("{path}/track")).await?;
    let phone = Mqtt::call(&broker, &id, client.patience()).await?;
    Courier::new(id, phone, customer)
}

async fn arrives(client: &mut Patient, courier: &Courier) -> anyhow::Result<bool> {
    let Some((lat, lon)) = courier.last() else {
        return Ok(true);
    };
    let path = format!("/api/drivers/{}/status", courier.id);
    let expected = json!({"lat": lat, "lon": lon});
    let there = until(client, &path, "a driver arrives", |driver| {
        driver["location"] == expected
    });
    Ok(there.await.is_ok())
}

/// # Errors
/// When it does not come to pass for longer than the client is patient.
async fn until(
    client: &mut Patient,
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
