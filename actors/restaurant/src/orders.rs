//! The restaurant's orders, newest first, all together and by state.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use silo_sdk::entries::{Ahead, Table};

use crate::bindings::types::{OrderLine, Status};
use crate::details::{self, Details, Texts};
use crate::order_event::{OrderEvent, UNDER_WAY};

/// The most orders of one page.
pub(crate) const PAGE_MAX: u32 = 200;
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

/// The names of those that are late and have not ended.
const LATE: Table<()> = Table::new("l");
/// The most of them that are counted.
const LATE_MAX: u32 = 1_000;

/// What changes of an order, and what the list is made of. Written with each of its events, so what
/// never changes is [elsewhere](crate::details).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    #[serde(rename = "i")]
    pub(crate) order_id: String,
    #[serde(rename = "c")]
    pub(crate) customer_id: String,
    #[serde(rename = "s")]
    pub(crate) status: Status,
    #[serde(rename = "m")]
    pub(crate) total_cents: u64,
    #[serde(rename = "t")]
    pub(crate) created_at: u64,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none", default)]
    pub(crate) driver_id: Option<String>,
    #[serde(rename = "l", default)]
    pub(crate) late: bool,
    // An older module has kept none of these.
    #[serde(rename = "v", default)]
    pub(crate) version: u64,
    #[serde(rename = "u", default)]
    pub(crate) updated_at: u64,
    /// When it came into its state.
    #[serde(rename = "e", default)]
    pub(crate) since: u64,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none", default)]
    pub(crate) estimated_delivery_at: Option<u64>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none", default)]
    pub(crate) late_since: Option<u64>,
    #[serde(rename = "r", default, skip_serializing_if = "is_zero")]
    pub(crate) remakes: u32,
    /// When somebody began to make it, this time.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none", default)]
    begun_at: Option<u64>,
}

/// Most orders are made once.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Line {
    /// The line after an event.
    fn after(before: Option<&Self>, event: &OrderEvent) -> Self {
        let known = before.filter(|before| before.since > 0);
        let began = event.is_move() && event.status == Status::Preparing;
        let again = began && event.from == Some(Status::Baking);
        let is_under_way = UNDER_WAY.contains(&event.status);
        Self {
            order_id: event.order_id.clone(),
            customer_id: event.customer_id.clone(),
            status: event.status,
            total_cents: event.total_cents,
            created_at: event.created_at,
            driver_id: event.driver_id.clone(),
            late: event.late,
            version: event.version,
            updated_at: event.at,
            since: match known {
                Some(known) if !event.is_move() => known.since,
                _ => event.at,
            },
            // Nobody waits for an order that has ended.
            estimated_delivery_at: event.estimated_delivery_at.filter(|_| is_under_way),
            late_since: event.late.then(|| {
                let since = before.and_then(|before| before.late_since);
                since.unwrap_or(event.at)
            }),
            remakes: before.map_or(0, |before| before.remakes) + u32::from(again),
            begun_at: match before {
                _ if began => Some(event.at),
                Some(before) if is_under_way => before.begun_at,
                _ => None,
            },
        }
    }

    fn is_late(&self) -> bool {
        self.late && UNDER_WAY.contains(&self.status)
    }
}

/// How it was with an order before an event.
#[derive(Default)]
pub(crate) struct Before {
    /// When it had come into the state in which it was.
    pub(crate) since: Option<u64>,
    pub(crate) begun_at: Option<u64>,
    pub(crate) late: bool,
}

/// Rows are in the order of their names, and the newest is to be first.
pub(crate) fn name(created_at: u64, order_id: &str) -> String {
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
    details: BTreeMap<String, Details>,
    /// The time of the newest event, and how many there were.
    newest: u64,
    events: u32,
}

struct Changed {
    /// In which state the list has the order, and whether it is late there; absent where it is not
    /// in the list yet.
    listed: Option<(Status, bool)>,
    line: Line,
}

impl Changes {
    pub(crate) fn note(&mut self, event: &OrderEvent) -> Before {
        let name = name(event.created_at, &event.order_id);
        if let Some(details) = Details::of(event) {
            self.details.insert(name.clone(), details);
        }
        self.newest = self.newest.max(event.at);
        self.events += 1;
        match self.lines.entry(name) {
            Entry::Occupied(mut known) => {
                let changed = known.get_mut();
                let line = Line::after(Some(&changed.line), event);
                before(&std::mem::replace(&mut changed.line, line))
            }
            Entry::Vacant(new) => {
                let known = LINES.get(new.key());
                let line = Line::after(known.as_ref(), event);
                let listed = known.as_ref().map(|known| (known.status, known.is_late()));
                new.insert(Changed { listed, line });
                known.as_ref().map_or_else(Before::default, before)
            }
        }
    }

    pub(crate) fn write(self) {
        for (name, Changed { listed, line }) in &self.lines {
            let listed_as = listed.map(|(status, _)| status);
            if listed_as != Some(line.status) {
                if let Some(before) = listed_as {
                    in_state(before).remove(name);
                }
                in_state(line.status).insert(name, &());
            }
            if line.is_late() {
                // Also where its line said so before: an older module has kept no list of these.
                LATE.insert(name, &());
            } else if listed.is_some_and(|(_, late)| late) {
                LATE.remove(name);
            }
            LINES.insert(name, line);
        }
        for (name, details) in &self.details {
            details.keep(name);
        }
        if self.events > 0 {
            let limit = self.events.saturating_mul(SWEEP_MAX);
            forget(self.newest.saturating_sub(KEPT_MS), limit);
        }
    }
}

fn before(line: &Line) -> Before {
    Before {
        since: Some(line.since).filter(|since| *since > 0),
        begun_at: line.begun_at,
        late: line.late,
    }
}

fn forget(before: u64, limit: u32) {
    // Behind this name are only lines that are older, for the newest come first.
    for (old, line) in LINES.rows(Some(&name(before, "")), limit) {
        in_state(line.status).remove(&old);
        if line.is_late() {
            LATE.remove(&old);
        }
        LINES.remove(&old);
        details::forget(&old);
    }
}

/// How many orders are late and have not ended; a thousand where there are more.
pub(crate) fn late() -> u32 {
    u32::try_from(LATE.keys(None, LATE_MAX).len()).unwrap_or(LATE_MAX)
}

/// Lines in this state, newest first, with their names.
pub(crate) fn of_state(status: Status, after: Option<&str>, limit: u32) -> Vec<(String, Line)> {
    let names = in_state(status).keys(after, limit);
    let lines = LINES.get_all(&names);
    let there = |(name, line): (_, Option<_>)| Some((name, line?));
    names.into_iter().zip(lines).filter_map(there).collect()
}

/// Lines in any state, newest first, with their names.
pub(crate) fn of_all(after: Option<&str>, limit: u32) -> Vec<(String, Line)> {
    LINES.rows(after, limit)
}

pub(crate) fn page(status: Option<Status>, after: Option<&str>, limit: u32) -> Vec<OrderLine> {
    let limit = limit.clamp(1, PAGE_MAX);
    let lines = match status {
        Some(status) => of_state(status, after, limit),
        None => of_all(after, limit),
    };
    let names: Vec<_> = lines.iter().map(|(name, _)| name).collect();
    let texts = details::texts_of(&names);
    let lines = lines.into_iter().zip(texts);
    let line = |((name, line), texts): (_, Option<Texts>)| view(name, line, texts);
    lines.map(line).collect()
}

/// A line as it is told.
pub(crate) fn view(name: String, line: Line, texts: Option<Texts>) -> OrderLine {
    // An older module has not kept when it changed.
    let is_known = line.version > 0;
    OrderLine {
        order_id: line.order_id,
        customer_id: line.customer_id,
        status: line.status,
        total_cents: line.total_cents,
        created_at: line.created_at,
        driver_id: line.driver_id,
        late: line.late,
        cursor: name,
        version: is_known.then_some(line.version),
        updated_at: is_known.then_some(line.updated_at),
        late_since: line.late_since,
        customer_name: texts.and_then(|texts| texts.customer_name),
    }
}
