//! The restaurant's orders, newest first, all together and by state.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use silo_sdk::entries::{Ahead, Table};

use crate::bindings::types::{OrderLine, Status};
use crate::order_event::OrderEvent;

/// The most orders of one page.
const PAGE_MAX: u32 = 200;
/// How long after its creation an order leaves the list, in milliseconds; the order itself stays.
const KEPT_MS: u64 = 90 * 86_400_000;
/// How many old orders leave the list at most for each event.
const SWEEP_MAX: u32 = 2;

/// The lines of the list, by a name under which the newest is first.
const LINES: Table<Line> = Table::new("o");

/// The names of the orders in this state, without values.
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
fn name(created_at: u64, order_id: &str) -> String {
    format!("{:016x}.{order_id}", u64::MAX - created_at)
}

/// The lines that these events are about.
pub(crate) fn ahead(ahead: Ahead, events: &[OrderEvent]) -> Ahead {
    let names = events
        .iter()
        .map(|event| name(event.created_at, &event.order_id));
    ahead.of(&LINES, names)
}

/// What a batch of events changes of the list.
#[derive(Default)]
pub(crate) struct Changes {
    /// By the names of the lines.
    lines: BTreeMap<String, Changed>,
    /// The time of the newest event, and how many there were.
    newest: u64,
    events: u32,
}

struct Changed {
    /// In which state the list has the order; absent where it is not in the list yet.
    listed_as: Option<Status>,
    line: Line,
}

impl Changes {
    pub(crate) fn note(&mut self, event: &OrderEvent) {
        let line = Line {
            order_id: event.order_id.clone(),
            customer_id: event.customer_id.clone(),
            status: event.status,
            total_cents: event.total_cents,
            created_at: event.created_at,
            driver_id: event.driver_id.clone(),
            late: event.late,
        };
        match self.lines.entry(name(event.created_at, &event.order_id)) {
            Entry::Occupied(mut known) => known.get_mut().line = line,
            Entry::Vacant(new) => {
                let listed_as = LINES.get(new.key()).map(|before| before.status);
                new.insert(Changed { listed_as, line });
            }
        }
        self.newest = self.newest.max(event.at);
        self.events += 1;
    }

    pub(crate) fn write(self) {
        for (name, Changed { listed_as, line }) in &self.lines {
            if *listed_as != Some(line.status) {
                if let Some(before) = listed_as {
                    in_state(*before).remove(name);
                }
                in_state(line.status).insert(name, &());
            }
            LINES.insert(name, line);
        }
        if self.events > 0 {
            let limit = self.events.saturating_mul(SWEEP_MAX);
            forget(self.newest.saturating_sub(KEPT_MS), limit);
        }
    }
}

fn forget(before: u64, limit: u32) {
    // Behind this name are only lines that are older, for the newest come first.
    for (old, line) in LINES.rows(Some(&name(before, "")), limit) {
        in_state(line.status).remove(&old);
        LINES.remove(&old);
    }
}

pub(crate) fn page(status: Option<Status>, after: Option<&str>, limit: u32) -> Vec<OrderLine> {
    let limit = limit.clamp(1, PAGE_MAX);
    let lines = match status {
        Some(status) => {
            let names = in_state(status).keys(after, limit);
            let lines = LINES.get_all(&names);
            let there = |(name, line): (_, Option<_>)| Some((name, line?));
            names.into_iter().zip(lines).filter_map(there).collect()
        }
        None => LINES.rows(after, limit),
    };
    let line = |(name, line): (String, Line)| OrderLine {
        order_id: line.order_id,
        customer_id: line.customer_id,
        status: line.status,
        total_cents: line.total_cents,
        created_at: line.created_at,
        driver_id: line.driver_id,
        late: line.late,
        cursor: name,
    };
    lines.into_iter().map(line).collect()
}
