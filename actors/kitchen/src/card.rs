//! An order as the kitchen keeps it: a ticket, and what was made of it so far.

use serde::{Deserialize, Serialize};

use crate::bindings::types::{Item, OrderState, RemakeReason, Status, Ticket};
use crate::order_event::OrderEvent;

/// How soon after it was received an order is promised, in milliseconds, where it has not said so
/// itself: 45 minutes.
const PROMISE_MS: u64 = 45 * 60_000;

/// The names are those of a ticket, as which older modules of this actor have kept it; what they
/// did not know may be absent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Card {
    pub(crate) order_id: String,
    pub(crate) items: Vec<Item>,
    pub(crate) received_at: u64,
    pub(crate) remakes: u32,
    #[serde(default = "unknown_status")]
    pub(crate) status: Status,
    #[serde(default)]
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    promised_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baking_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ready_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remake_reason: Option<RemakeReason>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    late: bool,
    /// What is to become of it once whoever prepares it has given it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<Intent>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Intent {
    /// Another one is made first.
    Later,
    /// This chef makes it.
    Chef(String),
}

/// Until the order is heard of again.
fn unknown_status() -> Status {
    Status::Created
}

impl Card {
    pub(crate) fn new(event: &OrderEvent) -> Self {
        let mut card = Self {
            order_id: event.order_id.clone(),
            items: event.items.clone(),
            received_at: event.at,
            remakes: event.remakes,
            status: event.status,
            version: event.version,
            promised_at: None,
            started_at: None,
            baking_at: None,
            ready_at: None,
            customer_name: None,
            note: None,
            remake_reason: None,
            late: false,
            intent: None,
        };
        card.hears(event);
        card
    }

    /// What the order says of itself now.
    pub(crate) fn hears(&mut self, event: &OrderEvent) {
        if event.remakes != self.remakes || event.waits {
            // It is begun anew.
            self.started_at = None;
            self.baking_at = None;
        }
        let at = event.at;
        match event.status {
            Status::Preparing if !event.waits => {
                self.started_at.get_or_insert(at);
            }
            Status::Baking => {
                self.started_at.get_or_insert(at);
                self.baking_at.get_or_insert(at);
                // It was too late for that.
                self.intent = None;
            }
            Status::Ready => {
                self.ready_at.get_or_insert(at);
            }
            _ => {}
        }
        self.status = event.status;
        self.remakes = event.remakes;
        self.version = self.version.max(event.version);
        self.late = event.late;
        self.promised_at = event.promised_at.or(self.promised_at);
        self.remake_reason = event.remake_reason;
        self.customer_name.clone_from(&event.customer_name);
        self.note.clone_from(&event.note);
    }

    pub(crate) fn begins(&mut self, now: u64) {
        self.started_at = Some(now);
    }

    pub(crate) fn promised_at(&self) -> u64 {
        let usual = self.received_at.saturating_add(PROMISE_MS);
        self.promised_at.unwrap_or(usual)
    }

    /// What the order has answered, before its news have come.
    pub(crate) fn answered(mut self, order: &OrderState) -> Self {
        self.status = order.status;
        self.version = order.version;
        self.remakes = order.remakes;
        self.remake_reason = order.remake_reason;
        self
    }

    /// As screens see it: in the hands of a chef, at a place in the queue, or neither.
    pub(crate) fn ticket(&self, chef_id: Option<&str>, place: Option<i64>) -> Ticket {
        Ticket {
            order_id: self.order_id.clone(),
            items: self.items.clone(),
            received_at: self.received_at,
            remakes: self.remakes,
            status: self.status,
            version: self.version,
            promised_at: self.promised_at(),
            started_at: self.started_at,
            baking_at: self.baking_at,
            ready_at: self.ready_at,
            chef_id: chef_id.map(str::to_owned),
            place,
            customer_name: self.customer_name.clone(),
            note: self.note.clone(),
            remake_reason: self.remake_reason,
            late: self.late,
        }
    }
}
