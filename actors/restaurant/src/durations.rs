//! How long orders stay in each state, and how long each chef and driver takes, day by day.

use std::collections::BTreeMap;
use std::ops::Bound;

use pizza_local_time::WallClock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use silo_sdk::context;
use silo_sdk::entries::{Ahead, Table};

use crate::bindings::types::{DurationReport, StageDuration, Status, WorkerDuration};
use crate::metrics::{DAY_MS, DAYS_KEPT, name};
use crate::order_event::{OrderEvent, UNDER_WAY};
use crate::orders::Before;
use crate::rows::Rows;
use crate::state::Restaurant;
use crate::times::Times;

/// By the state's name, for each day.
const STAGES: Table<BTreeMap<String, Times>> = Table::new("s");
/// By day and chef, and by day and driver: rows of their own, since a thousand may drive.
const CHEFS: Table<Times> = Table::new("k");
const DRIVERS: Table<Times> = Table::new("r");

/// How many rows are read at once.
const PAGE: usize = 500;
/// How many rows of chefs, and of drivers, are read for one answer: each is about 3 microseconds of
/// the 50 milliseconds that a query has. More than a day can have of a thousand drivers.
const READ_MAX: usize = 1_200;

/// The name of somebody's day.
fn of_one(day: &str, id: &str) -> String {
    format!("{day}.{id}")
}

/// The chef who has just taken the order out of the oven.
fn chef(event: &OrderEvent) -> Option<&str> {
    let is_done = (event.from, event.status) == (Some(Status::Baking), Status::Ready);
    event
        .by
        .as_deref()
        .filter(|_| is_done)?
        .strip_prefix("chef/")
}

/// The driver who has just brought it.
fn driver(event: &OrderEvent) -> Option<&str> {
    let is_there = (event.from, event.status) == (Some(Status::OutForDelivery), Status::Delivered);
    event.driver_id.as_deref().filter(|_| is_there)
}

/// What these events are about.
pub(crate) fn ahead(mut ahead: Ahead, clock: &mut WallClock, events: &[OrderEvent]) -> Ahead {
    for event in events.iter().filter(|event| event.from.is_some()) {
        let day = name(clock.day(event.at).from_ms);
        if let Some(id) = chef(event) {
            ahead = ahead.of(&CHEFS, [of_one(&day, id)]);
        }
        if let Some(id) = driver(event) {
            ahead = ahead.of(&DRIVERS, [of_one(&day, id)]);
        }
        ahead = ahead.of(&STAGES, [day]);
    }
    ahead
}

/// What a batch of events adds.
pub(crate) struct Taken {
    stages: Rows<BTreeMap<String, Times>>,
    chefs: Rows<Times>,
    drivers: Rows<Times>,
    /// When the newest day of the batch began.
    newest: u64,
}

impl Taken {
    pub(crate) fn begin() -> Self {
        Self {
            stages: Rows::of(STAGES),
            chefs: Rows::of(CHEFS),
            drivers: Rows::of(DRIVERS),
            newest: 0,
        }
    }

    pub(crate) fn count(&mut self, clock: &mut WallClock, event: &OrderEvent, before: &Before) {
        // How long somebody waited for what was cancelled says nothing of how long it takes.
        let Some(from) = event.from.filter(|_| event.status != Status::Cancelled) else {
            return;
        };
        let begin = clock.day(event.at).from_ms;
        let day = name(begin);
        let took = |since: u64| event.at.saturating_sub(since);
        if let (Some(id), Some(begun_at)) = (chef(event), before.begun_at) {
            self.chefs.change(of_one(&day, id)).add(took(begun_at));
        }
        let Some(since) = before.since else { return };
        if let Some(id) = driver(event) {
            self.drivers.change(of_one(&day, id)).add(took(since));
        }
        let stages = self.stages.change(day);
        // The code's own name of the state is stored, so it must stay as it is.
        stages
            .entry(format!("{from:?}"))
            .or_default()
            .add(took(since));
        self.newest = self.newest.max(begin);
    }

    pub(crate) fn write(self) {
        let oldest = self.newest.saturating_sub(DAYS_KEPT * DAY_MS);
        write(STAGES, &self.stages, oldest);
        write(CHEFS, &self.chefs, oldest);
        write(DRIVERS, &self.drivers, oldest);
    }
}

fn write<V: Serialize + DeserializeOwned + Default>(table: Table<V>, rows: &Rows<V>, oldest: u64) {
    if rows.count() == 0 {
        return;
    }
    rows.write();
    // Behind this name are only older days. More are removed than have come.
    let limit = u32::try_from(rows.count().saturating_mul(2)).unwrap_or(u32::MAX);
    for old in table.keys(Some(&name(oldest)), limit) {
        table.remove(&old);
    }
}

impl Restaurant {
    /// How long everything took in the last days, today included.
    pub(crate) fn took(&self, days: u32) -> DurationReport {
        let days = u64::from(days).clamp(1, DAYS_KEPT);
        // A copy may look into the database; a query keeps nothing.
        let today = self.clock.clone().day(context::now_ms()).from_ms;
        // Half a day to spare, for those that have 25 hours.
        since(today.saturating_sub((days - 1) * DAY_MS + DAY_MS / 2))
    }
}

/// How long everything took from this moment on.
pub(crate) fn since(from_ms: u64) -> DurationReport {
    // A day that began then is in it, and what is behind its last row is older.
    let end = of_one(&name(from_ms), "\u{10ffff}");
    let mut stages: BTreeMap<String, Times> = BTreeMap::new();
    for (_, of_day) in STAGES.range(..=&*end, limit(PAGE)) {
        for (stage, times) in of_day {
            stages.entry(stage).or_default().merge(&times);
        }
    }
    let stage = |status: &Status| {
        let took = stages.get(&format!("{status:?}"))?.view()?;
        let stage = *status;
        Some(StageDuration { stage, took })
    };
    let (chefs, drivers) = (newest(&CHEFS, &end), newest(&DRIVERS, &end));
    let more = chefs.more || drivers.more;
    DurationReport {
        stages: UNDER_WAY.iter().filter_map(stage).collect(),
        chefs: of_workers(chefs),
        drivers: of_workers(drivers),
        more: more.then_some(true),
    }
}

/// Rows of the newest days, and whether there are more.
struct Newest {
    rows: Vec<(String, Times)>,
    more: bool,
}

fn limit(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// The rows of whole days that have room, the newest first.
fn newest(table: &Table<Times>, end: &str) -> Newest {
    let mut rows: Vec<(String, Times)> = Vec::new();
    // One more than there is room for, which says that there are more.
    while rows.len() <= READ_MAX {
        let after = rows.last().map_or("", |(last, _)| last);
        let keys = (Bound::Excluded(after), Bound::Included(end));
        let page = table.range(keys, limit(PAGE.min(READ_MAX + 1 - rows.len())));
        if page.is_empty() {
            return Newest { rows, more: false };
        }
        rows.extend(page);
    }
    // Of half a day some would have more than others. A day alone is told as far as it was read.
    let day = |(name, _): &(String, Times)| name.split_once('.').map(|(day, _)| day.to_owned());
    let cut = rows.last().and_then(day);
    let whole = rows.partition_point(|row| day(row) < cut);
    if whole > 0 {
        rows.truncate(whole);
    }
    Newest { rows, more: true }
}

fn of_workers(newest: Newest) -> Vec<WorkerDuration> {
    let mut workers: BTreeMap<String, Times> = BTreeMap::new();
    for (name, times) in newest.rows {
        if let Some((_, id)) = name.split_once('.') {
            workers.entry(id.to_owned()).or_default().merge(&times);
        }
    }
    let worker = |(id, times): (String, Times)| {
        let took = times.view()?;
        Some(WorkerDuration { id, took })
    };
    workers.into_iter().filter_map(worker).collect()
}
