//! Counts and times, by hour and by day.

use pizza_local_time::WallClock;
use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::{Ahead, Table};

use crate::bindings::clients::{InventoryClient, KitchenClient};
use crate::bindings::types::{
    Availability, DriverCount, Figures, Period, StateCount, Status, StockLine,
};
use crate::order_event::{OrderEvent, UNDER_WAY};
use crate::rows::Rows;
use crate::state::Restaurant;
use crate::times::{Extremes, Histogram};
use crate::{drivers, orders};

const HOUR_MS: u64 = 3_600_000;
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;
/// How many hours are kept: a week of them.
const HOURS_KEPT: u64 = 168;
/// How many days are kept.
pub(crate) const DAYS_KEPT: u64 = 90;

/// The hours, by when they began, upside down, so that the newest is first.
const HOURS: Table<PeriodCounts> = Table::new("h");
/// The days, by when they began, in the same way.
const DAYS: Table<PeriodCounts> = Table::new("d");
/// How many orders are in each state that is no end, by the state's name.
const ACTIVE: Table<u32> = Table::new("n");

#[derive(Default, Serialize, Deserialize)]
struct PeriodCounts {
    #[serde(rename = "o")]
    orders: u32,
    #[serde(rename = "d")]
    delivered: u32,
    #[serde(rename = "c")]
    cancelled: u32,
    #[serde(rename = "r")]
    rejected: u32,
    #[serde(rename = "m")]
    revenue_cents: u64,
    #[serde(rename = "t")]
    delivery_ms: u64,
    #[serde(rename = "h")]
    times: Histogram,
    #[serde(rename = "x", default)]
    extremes: Extremes,
    #[serde(rename = "l", default, skip_serializing_if = "is_zero")]
    late: u32,
}

/// Most periods have none that is late.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The name of what began then: the newest is first.
pub(crate) fn name(begin_ms: u64) -> String {
    format!("0{:016x}", u64::MAX - begin_ms)
}

/// Before there were time zones, names had no digit in front, and the number of the hour or
/// day in them. Those are behind the others in the order of names too.
fn begin_ms(name: &str, length_ms: u64) -> u64 {
    let number = |digits| u64::MAX - u64::from_str_radix(digits, 16).unwrap_or(u64::MAX);
    match name.strip_prefix('0') {
        Some(digits) => number(digits),
        None => number(name).saturating_mul(length_ms),
    }
}

impl PeriodCounts {
    fn count(&mut self, event: &OrderEvent) {
        match event.status {
            Status::Created => self.orders += 1,
            Status::Rejected => {
                self.orders += 1;
                self.rejected += 1;
            }
            Status::Cancelled => self.cancelled += 1,
            Status::Delivered => {
                let took_ms = event.at.saturating_sub(event.created_at);
                self.delivered += 1;
                self.revenue_cents += event.total_cents;
                self.delivery_ms += took_ms;
                self.times.add(took_ms, &mut self.extremes);
            }
            Status::Preparing | Status::Baking | Status::Ready | Status::OutForDelivery => {}
        }
    }

    fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.delivered += other.delivered;
        self.cancelled += other.cancelled;
        self.rejected += other.rejected;
        self.revenue_cents += other.revenue_cents;
        self.delivery_ms += other.delivery_ms;
        self.late += other.late;
        let other = (&other.times, other.extremes);
        self.times.merge(other, &mut self.extremes);
    }

    fn period(&self, start: u64) -> Period {
        Period {
            start,
            orders: self.orders,
            delivered: self.delivered,
            cancelled: self.cancelled,
            rejected: self.rejected,
            revenue_cents: self.revenue_cents,
            average_delivery_ms: self.delivery_ms.checked_div(u64::from(self.delivered)),
            p95_delivery_ms: self.times.percentile(95, self.extremes),
            p50_delivery_ms: self.times.percentile(50, self.extremes),
            late: Some(self.late),
        }
    }
}

/// The counts that these events are about.
pub(crate) fn ahead(ahead: Ahead, clock: &mut WallClock, events: &[OrderEvent]) -> Ahead {
    let moves = || events.iter().filter(|event| event.is_move());
    if moves().next().is_none() {
        return ahead;
    }
    let states = UNDER_WAY.map(|status| format!("{status:?}"));
    let hours: Vec<_> = moves()
        .map(|event| name(clock.hour_begin(event.at)))
        .collect();
    let days: Vec<_> = moves()
        .map(|event| name(clock.day(event.at).from_ms))
        .collect();
    ahead.of(&ACTIVE, states).of(&HOURS, hours).of(&DAYS, days)
}

/// What a batch of events changes of all that is counted: no histogram is written twice.
pub(crate) struct Counts {
    active: Rows<u32>,
    hours: Rows<PeriodCounts>,
    days: Rows<PeriodCounts>,
    /// When the newest hour and the newest day of the batch began.
    newest: (u64, u64),
}

impl Counts {
    pub(crate) fn begin() -> Self {
        Self {
            active: Rows::of(ACTIVE),
            hours: Rows::of(HOURS),
            days: Rows::of(DAYS),
            newest: (0, 0),
        }
    }

    /// Counts that an order has entered a state, and has left another one.
    pub(crate) fn count(&mut self, clock: &mut WallClock, event: &OrderEvent) {
        // Each state has a count of its own, so that none is ever summed over all orders.
        if let Some(from) = event.from {
            self.change(from, |count| count.saturating_sub(1));
        }
        self.change(event.status, |count| count.saturating_add(1));
        let (hour, day) = (clock.hour_begin(event.at), clock.day(event.at).from_ms);
        self.hours.change(name(hour)).count(event);
        self.days.change(name(day)).count(event);
        self.newest = (self.newest.0.max(hour), self.newest.1.max(day));
    }

    /// Counts an order that has become late.
    pub(crate) fn count_late(&mut self, clock: &mut WallClock, at: u64) {
        let (hour, day) = (clock.hour_begin(at), clock.day(at).from_ms);
        self.hours.change(name(hour)).late += 1;
        self.days.change(name(day)).late += 1;
        self.newest = (self.newest.0.max(hour), self.newest.1.max(day));
    }

    fn change(&mut self, status: Status, change: impl FnOnce(u32) -> u32) {
        if UNDER_WAY.contains(&status) {
            // The code's own name of the state is stored, so it must stay as it is.
            let count = self.active.change(format!("{status:?}"));
            *count = change(*count);
        }
    }

    pub(crate) fn write(self) {
        self.active.write();
        let (hour, day) = self.newest;
        for (table, rows, begin, length_ms, kept) in [
            (HOURS, self.hours, hour, HOUR_MS, HOURS_KEPT),
            (DAYS, self.days, day, DAY_MS, DAYS_KEPT),
        ] {
            if rows.count() == 0 {
                continue;
            }
            rows.write();
            let oldest = begin.saturating_sub(kept * length_ms);
            // More than what has come: they go at least as fast.
            let limit = 10_usize.saturating_add(rows.count());
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            for old in table.keys(Some(&name(oldest)), limit) {
                if begin_ms(&old, length_ms) < oldest {
                    table.remove(&old);
                }
            }
        }
    }
}

fn periods(table: &Table<PeriodCounts>, length_ms: u64, limit: u64) -> Vec<Period> {
    let rows = table.rows(None, u32::try_from(limit).unwrap_or(u32::MAX));
    let period = |(name, counts): &(String, PeriodCounts)| counts.period(begin_ms(name, length_ms));
    rows.iter().map(period).collect()
}

pub(crate) fn hours(limit: u32) -> Vec<Period> {
    periods(&HOURS, HOUR_MS, u64::from(limit).clamp(1, HOURS_KEPT))
}

pub(crate) fn days(limit: u32) -> Vec<Period> {
    periods(&DAYS, DAY_MS, u64::from(limit).clamp(1, DAYS_KEPT))
}

/// The figures of the last hours, the one that is not over included.
fn last(clock: &mut WallClock, hours: u32) -> Period {
    let now = clock.hour_begin(context::now_ms());
    let first = now.saturating_sub(u64::from(hours - 1) * HOUR_MS);
    let mut sum = PeriodCounts::default();
    // Some to spare: a change of the clock may cut hours in two.
    for (name, counts) in HOURS.rows(None, hours + 2) {
        if begin_ms(&name, HOUR_MS) >= first {
            sum.add(&counts);
        }
    }
    sum.period(first)
}

/// What the restaurant is doing now, and has done lately.
pub(crate) fn now(restaurant: &Restaurant) -> Figures {
    let key = context::key();
    let mut clock = restaurant.clock.clone();
    let active = UNDER_WAY.map(|status| StateCount {
        status,
        count: ACTIVE.get(&format!("{status:?}")).unwrap_or_default(),
    });
    let all = drivers::all();
    let states = [
        Availability::Available,
        Availability::Busy,
        Availability::Offline,
    ];
    let drivers = states.map(|status| DriverCount {
        status,
        count: u32::try_from(all.iter().filter(|d| d.status == status).count()).unwrap_or(u32::MAX),
    });
    // An actor that does not answer leaves a hole in the metrics, not an error.
    let kitchen = KitchenClient::of(&key).status().ok();
    let stock = InventoryClient::of(&key).stock().ok();
    Figures {
        active: active.into(),
        waiting_for_driver: restaurant.waiting,
        drivers: drivers.into(),
        available_chefs: kitchen.map(|kitchen| kitchen.available_chefs),
        low_stock: stock.map(|lines| low(&lines)),
        last_hour: last(&mut clock, 1),
        last_day: last(&mut clock, 24),
        late: Some(orders::late()),
        restaurant_id: key,
    }
}

fn low(lines: &[StockLine]) -> Vec<String> {
    let low = lines.iter().filter(|line| line.on_hand < line.threshold);
    low.map(|line| line.ingredient.clone()).collect()
}
