//! Orders, placed by several customers at once; each is insisted on until it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use hyper::{Method, StatusCode};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::retrying_client::RetryingClient;

const ORDERS: &str = "/api/orders";
/// Where nothing was decided, a customer asks again after this.
const UNDECIDED_PAUSE: Duration = Duration::from_millis(100);

/// An order as somebody means to place it.
#[derive(Clone)]
pub(crate) struct OrderRequest {
    pub(crate) customer: String,
    /// What the kitchen calls when it is ready.
    pub(crate) name: Option<String>,
    pub(crate) restaurant: String,
    pub(crate) pizza: String,
    pub(crate) quantity: u32,
    pub(crate) deliver_to: Option<(f64, f64)>,
    /// The address to deliver to; without one it is made from the coordinates.
    pub(crate) address: Option<String>,
}

/// An order that was acknowledged.
pub(crate) struct PlacedOrder {
    pub(crate) id: String,
    /// Which request it fulfils.
    pub(crate) request: usize,
    /// From the first attempt to the acknowledgement.
    pub(crate) took: Duration,
}

#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) placed: Vec<PlacedOrder>,
    /// Status and answer of each request that was not taken.
    pub(crate) refused: Vec<String>,
}

/// Places all requests, `at_once` of them at the same time.
///
/// # Errors
/// When the pizzeria gives no answer for longer than the client is patient.
pub(crate) async fn place(
    client: &RetryingClient,
    at_once: usize,
    requests: &Arc<[OrderRequest]>,
    progress: &ProgressBar,
) -> anyhow::Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut customers = Vec::new();
    for _ in 0..at_once.min(requests.len()) {
        let mut client = client.another();
        let (next, requests, progress) =
            (Arc::clone(&next), Arc::clone(requests), progress.clone());
        customers.push(tokio::spawn(async move {
            let mut outcome = Outcome::default();
            // Customers draw from one row of requests, so a slow answer holds up one customer only.
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(number) else {
                    return anyhow::Ok(outcome);
                };
                outcome.insist_on(&mut client, number, request).await?;
                progress.inc(1);
            }
        }));
    }
    let mut all = Outcome::default();
    for customer in customers {
        all.add(customer.await.context("a customer")??);
    }
    Ok(all)
}

/// Places one order, whatever becomes of the pizzeria meanwhile. The inner error is status and answer of one that
/// was not taken.
///
/// # Errors
/// As [`place`].
pub(crate) async fn place_one(
    client: &mut RetryingClient,
    number: usize,
    request: &OrderRequest,
) -> anyhow::Result<Result<PlacedOrder, String>> {
    let (begun, body) = (Instant::now(), request.body());
    loop {
        let answer = client.command(Method::POST, ORDERS, &body).await?;
        // Nothing came of it, so another command, with a key of its own, cannot order twice.
        let undecided = answer.status == StatusCode::CONFLICT
            && answer.body["type"] == "urn:awesome-pizza:problem:conflict";
        if undecided && begun.elapsed() < client.patience() {
            sleep(UNDECIDED_PAUSE).await;
            continue;
        }
        return Ok(match (answer.status, answer.body["orderId"].as_str()) {
            (StatusCode::CREATED, Some(id)) => Ok(PlacedOrder {
                id: id.to_owned(),
                request: number,
                took: begun.elapsed(),
            }),
            (status, _) => Err(format!("{status}: {}", answer.body)),
        });
    }
}

impl Outcome {
    pub(crate) fn add(&mut self, other: Self) {
        self.placed.extend(other.placed);
        self.refused.extend(other.refused);
    }

    async fn insist_on(
        &mut self,
        client: &mut RetryingClient,
        number: usize,
        request: &OrderRequest,
    ) -> anyhow::Result<()> {
        match place_one(client, number, request).await? {
            Ok(placed) => self.placed.push(placed),
            Err(refused) => self.refused.push(refused),
        }
        Ok(())
    }
}

impl OrderRequest {
    fn body(&self) -> Value {
        let mut body = json!({
            "customerId": self.customer,
            "restaurantId": self.restaurant,
            "items": [{"pizzaType": self.pizza, "quantity": self.quantity}],
        });
        if let Some(name) = &self.name {
            body["customerName"] = json!(name);
        }
        if let Some((lat, lon)) = self.deliver_to {
            let address = self.address.clone();
            let address = address.unwrap_or_else(|| format!("the door at {lat:.4}, {lon:.4}"));
            body["deliveryAddress"] = json!(address);
            body["deliveryLocation"] = json!({"lat": lat, "lon": lon});
        }
        body
    }
}
