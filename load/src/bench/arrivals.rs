//! Whether an order that was promised has arrived everywhere: its restaurant counts it when it has
//! read the order's event, and its kitchen has it in its queue, in the hands of a chef, or behind
//! itself. Both are after the order was reserved and committed. A restaurant also tells which of its
//! orders have not ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use indicatif::ProgressBar;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use crate::lean_connection::{LeanConnection, Template};
use crate::progress::bar;
use crate::target::Target;

/// How long an event may take to arrive before nobody looks for it any more.
pub(super) const WITHIN: Duration = Duration::from_secs(60);
/// Longer than the pizzeria waits for its actors: an answer that has not come by then never will.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);
/// The pause between two looks at the same counts: what is measured by them is known to within it.
pub(super) const PAUSE: Duration = Duration::from_millis(10);
/// The connections by which all restaurants are looked at in the end.
const LANES: usize = 8;

/// The orders that were acknowledged, by restaurant; counted while they are.
pub(super) struct Promised(Vec<AtomicU64>);

impl Promised {
    pub(super) fn to(restaurants: usize) -> Arc<Self> {
        Arc::new(Self((0..restaurants).map(|_| AtomicU64::new(0)).collect()))
    }

    /// One more of this restaurant.
    pub(super) fn one(&self, restaurant: usize) {
        self.0[restaurant].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn of(&self, restaurant: usize) -> u64 {
        self.0[restaurant].load(Ordering::Relaxed)
    }

    pub(super) fn sum(&self) -> u64 {
        (0..self.0.len())
            .map(|restaurant| self.of(restaurant))
            .sum()
    }
}

/// How many orders something has, or how long it took until it had them.
#[derive(Clone, Copy, Default)]
pub(super) struct Both<T> {
    pub(super) restaurants: T,
    pub(super) kitchens: T,
}

/// One restaurant and its kitchen, as they are asked for their counts.
#[derive(Clone)]
pub(super) struct Place {
    restaurant: Template,
    figures: Template,
    kitchen: Template,
    chefs: Vec<Template>,
    /// The counts before the run.
    before: Both<u64>,
    /// Orders that had not ended before it.
    open_before: u64,
}

/// Orders that have not ended, by where they are.
pub(super) type Open = BTreeMap<String, u64>;

/// What had arrived in the end.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) orders: Both<u64>,
    /// The orders that were on their way still when the load ended.
    pub(super) behind: Both<u64>,
    /// From the end of the load until all were there; the time of the last look where they never
    /// were.
    pub(super) after: Both<Duration>,
    /// The orders that had not ended when the load ended, as far as their restaurants knew, and
    /// before the run.
    pub(super) open: Open,
    pub(super) open_before: u64,
}

#[derive(Deserialize)]
struct History {
    periods: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    orders: u64,
}

#[derive(Deserialize)]
struct Figures {
    active: Vec<StateCount>,
}

#[derive(Deserialize)]
struct StateCount {
    status: String,
    count: u64,
}

#[derive(Deserialize)]
struct Display<'a> {
    #[serde(borrow)]
    stations: Vec<Station<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Station<'a> {
    chef_id: &'a str,
}

#[derive(Deserialize)]
struct Kitchen {
    pending: u64,
    active: u64,
}

#[derive(Deserialize)]
struct Chef {
    #[serde(default)]
    task: Option<serde::de::IgnoredAny>,
    cooked: u64,
}

impl Place {
    /// # Errors
    /// When the restaurant or its kitchen cannot be asked.
    pub(super) async fn begin(
        target: &Target,
        connection: &mut LeanConnection,
        name: &str,
    ) -> anyhow::Result<Self> {
        let display = target.template("GET", &format!("/api/kitchen/{name}/display"), "");
        let answer = connection.ask(&display).await?;
        ensure!(answer.status == 200, "{name}: status {}", answer.status);
        let display: Display<'_> = serde_json::from_slice(answer.body)?;
        let chef = |station: &Station<'_>| {
            let path = format!("/api/actors/chef/{}/get", station.chef_id);
            target.template("POST", &path, "")
        };
        let chefs = display.stations.iter().map(chef).collect();
        // All days that it remembers: midnight may pass during a run.
        let history = format!("/api/restaurants/{name}/history?by=day&limit=90");
        let mut place = Self {
            restaurant: target.template("GET", &history, ""),
            figures: target.template("GET", &format!("/api/restaurants/{name}/metrics"), ""),
            kitchen: target.template("GET", &format!("/api/kitchen/{name}/status"), ""),
            chefs,
            before: Both::default(),
            open_before: 0,
        };
        place.before = place.settled(connection).await?;
        place.open_before = place.open(connection).await?.into_values().sum();
        Ok(place)
    }

    /// The counts once the kitchen's are of one moment.
    async fn settled(&self, connection: &mut LeanConnection) -> anyhow::Result<Both<u64>> {
        let begun = Instant::now();
        loop {
            let restaurants = self.in_restaurant(connection).await?;
            if let Some(kitchens) = self.in_kitchen(connection).await? {
                return Ok(Both {
                    restaurants,
                    kitchens,
                });
            }
            ensure!(begun.elapsed() < WITHIN, "kitchen and chefs do not agree");
            sleep(PAUSE).await;
        }
    }

    /// How many orders the restaurant has counted since the run began.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub(super) async fn in_restaurant(
        &self,
        connection: &mut LeanConnection,
    ) -> anyhow::Result<u64> {
        let history: History = ask(connection, &self.restaurant).await?;
        let all = history.periods.iter().map(|day| day.orders).sum::<u64>();
        Ok(all.saturating_sub(self.before.restaurants))
    }

    /// The restaurant's orders that have not ended, also those of before the run.
    async fn open(&self, connection: &mut LeanConnection) -> anyhow::Result<Open> {
        let figures: Figures = ask(connection, &self.figures).await?;
        let counts = figures.active.into_iter();
        Ok(counts.map(|of| (of.status, of.count)).collect())
    }

    /// How many orders the kitchen has had since the run began: those that wait, those in hand and
    /// those that its chefs have finished. `None` while an order is on its way between kitchen and
    /// chef, where it would be counted twice.
    ///
    /// # Errors
    /// When one of them cannot be asked.
    pub(super) async fn in_kitchen(
        &self,
        connection: &mut LeanConnection,
    ) -> anyhow::Result<Option<u64>> {
        // The chefs first: what one of them finishes behind this look is missing for a moment,
        // where the other way round it would be there twice.
        let (mut cooked, mut tasks) = (0, 0);
        for chef in &self.chefs {
            let chef: Chef = ask(connection, chef).await?;
            cooked += chef.cooked;
            tasks += u64::from(chef.task.is_some());
        }
        let kitchen: Kitchen = ask(connection, &self.kitchen).await?;
        let all = kitchen.pending + kitchen.active + cooked;
        Ok((kitchen.active == tasks).then(|| all.saturating_sub(self.before.kitchens)))
    }
}

/// Waits until all promised orders are where they belong, until `last` at the longest.
///
/// # Errors
/// When a restaurant or a kitchen cannot be asked.
pub(super) async fn wait_for_all(
    target: &Target,
    places: &[Place],
    promised: &Promised,
    last: Instant,
) -> anyhow::Result<Arrived> {
    let span = (Instant::now(), last);
    let shown = "{bar:40} {pos}/{len} restaurants have all their orders";
    let progress = bar(places.len() as u64, shown);
    let wanted = (0..places.len()).map(|restaurant| promised.of(restaurant));
    let all: Vec<(Place, u64)> = places.iter().cloned().zip(wanted).collect();
    let mut lanes = Vec::new();
    for lane in all.chunks(all.len().div_ceil(LANES).max(1)) {
        let (connection, lane) = (target.connect_lean().await?, lane.to_vec());
        let progress = progress.clone();
        lanes.push(tokio::spawn(wait_for_some(
            connection, lane, span, progress,
        )));
    }
    let mut arrived = Arrived::default();
    for lane in lanes {
        arrived.add(&lane.await.context("a look at the counts")??);
    }
    progress.finish_and_clear();
    Ok(arrived)
}

async fn wait_for_some(
    mut connection: LeanConnection,
    places: Vec<(Place, u64)>,
    (begun, last): (Instant, Instant),
    progress: ProgressBar,
) -> anyhow::Result<Arrived> {
    let mut arrived = Arrived::default();
    let (mut restaurants, mut kitchens) = (Vec::new(), Vec::new());
    // The first look is at all of them, and says what was still on its way.
    for (place, wanted) in &places {
        let count = place.in_restaurant(&mut connection).await?;
        arrived.behind.restaurants += wanted.saturating_sub(count);
        restaurants.push(count);
        let count = place.in_kitchen(&mut connection).await?;
        arrived.behind.kitchens += wanted.saturating_sub(count.unwrap_or(0));
        kitchens.push(count);
        for (status, count) in place.open(&mut connection).await? {
            *arrived.open.entry(status).or_default() += count;
        }
        arrived.open_before += place.open_before;
    }
    arrived.after.restaurants = begun.elapsed();
    arrived.after.kitchens = begun.elapsed();
    let mut shown = 0;
    loop {
        let mut lacking = 0;
        for (at, (place, wanted)) in places.iter().enumerate() {
            let is_there = kitchens[at].is_some_and(|count| count >= *wanted);
            lacking += usize::from(restaurants[at] < *wanted || !is_there);
            if restaurants[at] < *wanted {
                restaurants[at] = place.in_restaurant(&mut connection).await?;
                arrived.after.restaurants = begun.elapsed();
            }
            if !is_there {
                kitchens[at] = place.in_kitchen(&mut connection).await?;
                arrived.after.kitchens = begun.elapsed();
            }
        }
        let there = places.len() - lacking;
        progress.inc((there - std::mem::replace(&mut shown, there)) as u64);
        if lacking == 0 || Instant::now() > last {
            break;
        }
        sleep(PAUSE).await;
    }
    arrived.orders = Both {
        restaurants: restaurants.into_iter().sum(),
        kitchens: kitchens.into_iter().flatten().sum(),
    };
    Ok(arrived)
}

impl Arrived {
    fn add(&mut self, other: &Self) {
        self.orders.restaurants += other.orders.restaurants;
        self.orders.kitchens += other.orders.kitchens;
        self.behind.restaurants += other.behind.restaurants;
        self.behind.kitchens += other.behind.kitchens;
        for (status, count) in &other.open {
            *self.open.entry(status.clone()).or_default() += count;
        }
        self.open_before += other.open_before;
        let later = |after: &mut Duration, other: Duration| *after = (*after).max(other);
        later(&mut self.after.restaurants, other.after.restaurants);
        later(&mut self.after.kitchens, other.after.kitchens);
    }
}

async fn ask<T: DeserializeOwned>(
    connection: &mut LeanConnection,
    request: &Template,
) -> anyhow::Result<T> {
    let answer = timeout(ANSWER_WITHIN, connection.ask(request)).await;
    let answer = answer.context("a look at the counts has no answer")??;
    let status = answer.status;
    ensure!(status == 200, "a look at the counts: status {status}");
    serde_json::from_slice(answer.body).context("a look at the counts")
}
