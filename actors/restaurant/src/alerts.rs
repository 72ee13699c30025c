//! What a restaurant's manager hears: of this actor, of its kitchen, its stock and its drivers. Alerts
//! are in the stream of the orders, because the manager's screen follows that one; where they are in
//! it is their number, so that whoever follows it knows the number before it is kept here.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;
use silo_sdk::{context, json, log, streams};

use crate::bindings::types::{ManagerAlert, Refusal, Urgency};
use crate::order_event::STREAM;

/// The alerts, the newest first.
const ALERTS: Table<Kept> = Table::new("a");
/// How many are kept, and how many are told at once.
const KEPT_MAX: u32 = 500;
const PAGE_MAX: u32 = 200;

/// An alert as somebody has published it.
#[derive(Deserialize)]
pub(crate) struct Told {
    kind: String,
    message: String,
    #[serde(default)]
    severity: Option<Urgency>,
    #[serde(default)]
    source: Option<String>,
    /// What somebody is to decide.
    #[serde(default)]
    about: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(rename = "n")]
    id: u64,
    #[serde(rename = "k")]
    kind: String,
    #[serde(rename = "m")]
    message: String,
    #[serde(rename = "t")]
    at: u64,
    #[serde(rename = "v")]
    severity: Urgency,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// What it waits for.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// When, and by whom.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    seen: Option<(u64, String)>,
}

/// Tells the manager of something; `source` is whom it is about, as `type/key`.
pub(crate) fn to_manager(kind: &str, message: &str, source: &str) {
    let alert = json::json!({
        "at": context::now_ms(), "alert": {
            "kind": kind, "message": message, "severity": Urgency::Warning, "source": source,
        },
    });
    streams::publish(STREAM, &context::key(), &alert);
}

/// The newest alert has the lowest name.
fn name(id: u64) -> String {
    format!("{:016x}", u64::MAX - id)
}

/// Keeps the alert that is at this position of the stream, until it is one of [too many](sweep).
pub(crate) fn keep(position: u64, at: u64, told: Told) {
    let kept = Kept {
        id: position,
        kind: told.kind,
        message: told.message,
        at,
        severity: told.severity.unwrap_or(Urgency::Warning),
        source: told.source,
        about: told.about,
        seen: None,
    };
    ALERTS.insert(&name(position), &kept);
}

/// Takes the oldest of too many out. Once for all that have come together, because all that are kept
/// are counted for it.
pub(crate) fn sweep(come: u32) {
    if come == 0 {
        return;
    }
    let kept = ALERTS.keys(None, KEPT_MAX);
    // Behind the last one that is kept; there are more only where the list is full.
    let last = kept.get(KEPT_MAX as usize - 1);
    for old in last.map_or_else(Vec::new, |last| ALERTS.keys(Some(last), come)) {
        ALERTS.remove(&old);
    }
}

/// Newest first, those before the alert of this number.
pub(crate) fn page(before: Option<u64>, limit: u32) -> Vec<ManagerAlert> {
    let after = before.map(name);
    let rows = ALERTS.rows(after.as_deref(), limit.clamp(1, PAGE_MAX));
    rows.into_iter().map(|(_, alert)| alert.view()).collect()
}

/// Notes that somebody has seen it, and tells all screens.
///
/// # Errors
/// When there is no such alert, or no more.
pub(crate) fn see(id: u64, by: &str) -> Result<ManagerAlert, Refusal> {
    let Some(mut alert) = ALERTS.get(&name(id)) else {
        return Err(Refusal::NotFound(format!("there is no alert {id}")));
    };
    // Several screens may say so at once; the first one was it.
    if alert.seen.is_some() {
        return Ok(alert.view());
    }
    let now = context::now_ms();
    alert.seen = Some((now, by.to_owned()));
    ALERTS.insert(&name(id), &alert);
    let alert = alert.view();
    let seen = json::json!({"kind": "alert-seen", "at": now, "seen": alert});
    streams::publish(STREAM, &context::key(), &seen);
    Ok(alert)
}

/// What alerts asked for is decided, so that nobody needs to see them any more.
pub(crate) fn decided(about: &str, by: &str) {
    let rows = ALERTS.rows(None, KEPT_MAX).into_iter();
    let waits = rows.filter(|(_, alert)| alert.seen.is_none());
    for (_, alert) in waits.filter(|(_, alert)| alert.about.as_deref() == Some(about)) {
        if let Err(refusal) = see(alert.id, by) {
            log::warn!("{about} is decided, and its alert is gone: {refusal:?}");
        }
    }
}

impl Kept {
    fn view(self) -> ManagerAlert {
        let (seen_at, seen_by) = self.seen.unzip();
        ManagerAlert {
            id: self.id,
            kind: self.kind,
            message: self.message,
            at: self.at,
            severity: self.severity,
            source: self.source,
            seen_at,
            seen_by,
        }
    }
}
