//! The restaurant's orders, newest first, all together and by state.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;

use crate::bindings::types::{OrderLine, Status};
use crate::news::News;

const PAGE_MAX: u32 = 200;
/// An order that ended this long ago leaves the list; the order itself stays.
const KEPT_MS: u64 = 90 * 86_400_000;
/// Old orders that leave the list in one turn.
const SWEEP_MAX: u32 = 2;

/// By place, which is newest first.
const LINES: Table<Line> = Table::new("o");

/// Place to nothing: which orders are in this state.
fn in_state(status: Status) -> Table<()> {
    match status {
        Status::Created => Table::new("created"),
        Status::Preparing => Table::new("preparing"),
        Status::Baking => Table::new("baking"),
        Status::Ready => Table::new("ready"),
        Status::OutForDelivery => Table::new("out"),
        Status::Delivered => Table::new("delivered"),
        Status::Cancelled => Table::new("cancelled"),
        Status::Rejected => Table::new("rejected"),
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(rename = "i")]
    order_id: String,
    #[serde(rename = "c")]
    customer_id: String,
    #[serde(rename = "s")]
    status: Status,
    #[serde(rename = "m")]
    total_cents: u64,
    #[serde(rename = "t")]
    created_at: u64,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none", default)]
    driver_id: Option<String>,
    #[serde(rename = "l", default)]
    late: bool,
}

/// Rows are in the order of their names, and the newest is to be first.
fn place(created_at: u64, order_id: &str) -> String {
    format!("{:016x}.{order_id}", u64::MAX - created_at)
}

pub(crate) fn note(news: &News) {
    let place = place(news.created_at, &news.order_id);
    if let Some(before) = LINES.get(&place)
        && before.status != news.status
    {
        in_state(before.status).remove(&place);
    }
    in_state(news.status).insert(&place, &());
    let line = Line {
        order_id: news.order_id.clone(),
        customer_id: news.customer_id.clone(),
        status: news.status,
        total_cents: news.total_cents,
        created_at: news.created_at,
        driver_id: news.driver_id.clone(),
        late: news.late,
    };
    LINES.insert(&place, &line);
    forget(news.at.saturating_sub(KEPT_MS));
}

fn forget(before: u64) {
    for old in LINES.keys(Some(&place(before, "")), SWEEP_MAX) {
        if let Some(line) = LINES.get(&old) {
            in_state(line.status).remove(&old);
        }
        LINES.remove(&old);
    }
}

pub(crate) fn page(status: Option<Status>, after: Option<&str>, limit: u32) -> Vec<OrderLine> {
    let limit = limit.clamp(1, PAGE_MAX);
    let places = match status {
        Some(status) => in_state(status).keys(after, limit),
        None => LINES.keys(after, limit),
    };
    let line = |place: String| {
        let line = LINES.get(&place)?;
        Some(OrderLine {
            order_id: line.order_id,
            customer_id: line.customer_id,
            status: line.status,
            total_cents: line.total_cents,
            created_at: line.created_at,
            driver_id: line.driver_id,
            late: line.late,
            cursor: place,
        })
    };
    places.into_iter().filter_map(line).collect()
}
