//! Customers who come by chance: one at once, and then on average so many a minute, each independent of
//! the others (a Poisson process), to doors all over the city.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use indicatif::ProgressBar;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::tracking::OrderTracker;
use crate::latency::Latencies;
use crate::place_orders::{self, OrderRequest, Outcome};
use crate::retrying_client::RetryingClient;
use pizza_streets::city::City;

/// How many of one pizza are ordered: mostly one.
const QUANTITIES: [u32; 6] = [1, 1, 1, 1, 2, 3];
/// The numbers of houses in an address.
const HOUSES: std::ops::Range<u32> = 1..90;
/// What customers are called, so that nobody has to tell them by their ids.
const NAMES: [&str; 24] = [
    "Ada", "Aldo", "Bianca", "Carla", "Ciro", "Dario", "Elena", "Enzo", "Fabio", "Gaia", "Gino",
    "Ines", "Lia", "Luca", "Marta", "Mimmo", "Nina", "Olga", "Paolo", "Rita", "Sara", "Tito",
    "Ugo", "Vera",
];

pub(crate) struct Customers {
    client: RetryingClient,
    restaurant: String,
    city: Arc<City>,
    menu: Vec<String>,
    per_minute: f64,
    rng: StdRng,
    /// Begins the name of each customer of this run, and tells them from those of others.
    run: String,
    pub(crate) tracker: Arc<OrderTracker>,
}

/// What came of the orders of one simulation.
pub(crate) struct Ordered {
    pub(crate) outcome: Outcome,
    pub(crate) creation: Latencies,
    pub(crate) to_delivered: Latencies,
}

impl Customers {
    /// # Errors
    /// When the restaurant has nothing on its menu.
    pub(crate) async fn new(
        client: &RetryingClient,
        restaurant: &str,
        city: Arc<City>,
        per_minute: f64,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let mut client = client.another();
        let path = format!("/api/restaurants/{restaurant}/menu");
        let menu = client.get(&path).await?.granted(&path)?;
        let pizzas = menu["menu"].as_array().into_iter().flatten();
        let pizzas = pizzas.filter_map(|recipe| recipe["pizzaType"].as_str());
        let menu: Vec<_> = pizzas.map(str::to_owned).collect();
        anyhow::ensure!(!menu.is_empty(), "{restaurant} has nothing on its menu");
        // Random whatever the seed: two runs with one seed are still different customers.
        let run = format!("simulated-{:08x}-", rand::random::<u32>());
        let tracker = OrderTracker::follow(&client, restaurant, run.clone()).await?;
        Ok(Self {
            client,
            restaurant: restaurant.to_owned(),
            city,
            menu,
            per_minute,
            rng: StdRng::seed_from_u64(seed),
            run,
            tracker: Arc::new(tracker),
        })
    }

    /// Orders until it is time to stop; what was begun is brought to its end.
    ///
    /// # Errors
    /// When the pizzeria gives no answer for longer than the client is patient.
    pub(crate) async fn order(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<Ordered> {
        let mut stop = std::pin::pin!(stop);
        let (mut all, mut asking) = (Outcome::default(), JoinSet::new());
        let mut due = Instant::now();
        for number in 0.. {
            // The first comes at once: whoever has asked for people looks out for them. The others
            // from the last due time and not from now, or slow answers would thin the orders out.
            if number > 0 {
                due += self.until_the_next();
            }
            tokio::select! {
                () = &mut stop => break,
                () = sleep_until(due) => {}
            }
            let (client, requests) = (self.client.another(), [self.request(number)].into());
            asking.spawn(async move {
                place_orders::place(&client, 1, &requests, &ProgressBar::hidden()).await
            });
            // Collected on the way: an error ends the simulation at once, and results do not pile
            // up.
            while let Some(answered) = asking.try_join_next() {
                all.add(answered.context("a customer")??);
            }
        }
        while let Some(answered) = asking.join_next().await {
            all.add(answered.context("a customer")??);
        }
        let mut creation = Latencies::new()?;
        for order in &all.placed {
            creation.record(order.took)?;
        }
        Ok(Ordered {
            outcome: all,
            creation,
            to_delivered: self.tracker.to_delivered()?,
        })
    }

    /// The time until the next order, exponentially distributed.
    fn until_the_next(&mut self) -> Duration {
        // From above zero: its logarithm is finite.
        let chance: f64 = self.rng.random_range(f64::EPSILON..1.0);
        Duration::from_secs_f64(-chance.ln() * 60.0 / self.per_minute)
    }

    fn request(&mut self, number: u64) -> OrderRequest {
        let rng = &mut self.rng;
        let (door, street) = self
            .city
            .crossing(rng.random_range(0..self.city.crossings()));
        OrderRequest {
            customer: format!("{}{number}", self.run),
            restaurant: self.restaurant.clone(),
            pizza: self.menu[rng.random_range(0..self.menu.len())].clone(),
            quantity: QUANTITIES[rng.random_range(0..QUANTITIES.len())],
            deliver_to: Some(door),
            address: Some(format!("{street} {}", rng.random_range(HOUSES))),
            name: Some(NAMES[rng.random_range(0..NAMES.len())].to_owned()),
        }
    }
}
