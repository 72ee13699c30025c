//! What needs somebody's attention, and who has seen it.

use silo_sdk::bounds::printable;
use silo_sdk::{context, streams};

use crate::bindings::types::{Alert, Refusal, Severity};
use crate::screen::{Change, tell};
use crate::state::Kitchen;

/// The stream that the restaurant's manager follows.
const DASHBOARD: &str = "restaurant-orders";
/// How many alerts are kept; older ones are dropped.
const ALERTS_KEPT: usize = 50;

impl Kitchen {
    /// Notes an alert, and tells the manager and the screens. The newest are kept, oldest first.
    pub(crate) fn note(&mut self, kind: String, message: &str, source: Option<String>) {
        self.alerts = self.numbered_alerts();
        let newest = self.alerts.last().and_then(|alert| alert.id);
        // It may repeat what somebody else said.
        let message = printable(message);
        let at = context::now_ms();
        let alert = Alert {
            severity: Some(severity(&kind)),
            kind,
            message,
            at,
            id: Some(newest.unwrap_or_default() + 1),
            source: Some(source.unwrap_or_else(|| context::self_id().to_string())),
            seen_at: None,
            seen_by: None,
        };
        // The manager numbers and sees alerts apart: somebody in the kitchen has not seen it for
        // somebody in an office.
        let for_manager = silo_sdk::json::json!({"at": at, "alert": {
            "kind": alert.kind, "message": alert.message,
            "severity": alert.severity, "source": alert.source,
        }});
        streams::publish(DASHBOARD, &context::key(), &for_manager);
        tell(Change::Alert(&alert));
        self.alerts.push(alert);
        let surplus = self.alerts.len().saturating_sub(ALERTS_KEPT);
        self.alerts.drain(..surplus);
    }

    /// # Errors
    /// When there is no such alert, or no more.
    pub(crate) fn is_seen(&mut self, alert_id: u64, by: &str) -> Result<Alert, Refusal> {
        self.alerts = self.numbered_alerts();
        let mut alerts = self.alerts.iter_mut();
        let Some(alert) = alerts.find(|alert| alert.id == Some(alert_id)) else {
            return Err(Refusal::NotFound(format!("there is no alert {alert_id}")));
        };
        // Several screens may say so at once; the first one was it.
        if alert.seen_at.is_none() {
            alert.seen_at = Some(context::now_ms());
            alert.seen_by = Some(by.to_owned());
            tell(Change::Alert(alert));
        }
        Ok(alert.clone())
    }

    /// Those that an older module of this actor has kept have no number: they have the first ones.
    pub(crate) fn numbered_alerts(&self) -> Vec<Alert> {
        let mut alerts = self.alerts.clone();
        for (number, alert) in (1_u64..).zip(&mut alerts) {
            alert.id.get_or_insert(number);
        }
        alerts
    }
}

/// Tells the manager's screens to look at who works in the kitchen. What chefs have in hand they see
/// without being told.
pub(crate) fn staff_changed() {
    let news = silo_sdk::json::json!({"kind": "kitchen", "at": context::now_ms()});
    streams::publish(DASHBOARD, &context::key(), &news);
}

fn severity(kind: &str) -> Severity {
    match kind {
        "overheat" | "malfunction" => Severity::Critical,
        _ => Severity::Warning,
    }
}
