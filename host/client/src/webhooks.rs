//! What an edge that posts events keeps with its silos as [notes](crate::notes), and what operators ask of it
//! there. Whichever process does the work, any silo can tell how it goes.

use serde::{Deserialize, Serialize};

/// The folder of how each webhook stands, by its name.
pub const STATES: &str = "webhook/states/";
const LETTERS: &str = "webhook/letters/";
const REQUESTS: &str = "webhook/requests/";

/// The folder of what a webhook could not post.
#[must_use]
pub fn letters(webhook: &str) -> String {
    format!("{LETTERS}{webhook}/")
}

/// The folder of what operators ask of a webhook.
#[must_use]
pub fn requests(webhook: &str) -> String {
    format!("{REQUESTS}{webhook}/")
}

/// The name of the lease under which a webhook is worked on.
#[must_use]
pub fn lease(webhook: &str) -> String {
    format!("webhook/{webhook}")
}

/// How a webhook stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookState {
    pub name: String,
    /// Without the query, which may have what opens doors.
    pub url: String,
    pub stream: String,
    /// Why nothing is posted until an operator says so.
    pub off_because: Option<String>,
    /// Whether it is settled where each key that was there at first begins.
    pub has_begun: bool,
    /// When this was written.
    pub at_ms: u64,
    /// Events that the receiver has acknowledged.
    pub delivered: u64,
    /// Attempts that were not.
    pub failed: u64,
    /// Events that became dead letters.
    pub dead_letters: u64,
    /// Events that were not kept long enough to be posted.
    pub missed: u64,
    pub last_delivery_ms: Option<u64>,
    pub last_error: Option<String>,
    pub last_error_ms: Option<u64>,
    /// Events that are not posted yet, whether or not they are to be.
    pub lag: u64,
    /// Of an event that is tried again: how often it was tried in vain.
    pub attempts: u32,
}

/// An event that could not be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookLetter {
    /// The message's id; it is the same whenever it is sent.
    pub id: String,
    pub webhook: String,
    pub at_ms: u64,
    pub stream: String,
    pub key: String,
    pub position: u64,
    pub attempts: u32,
    pub error: String,
    /// How long the message is.
    pub bytes: usize,
    /// The message, unless it is too long to be kept.
    pub body: Option<String>,
}

/// What an operator asks of a webhook, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRequest {
    pub wish: WebhookWish,
    pub at_ms: u64,
    /// Missing as long as it is not done.
    #[serde(default)]
    pub answer: Option<WebhookAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WebhookWish {
    /// To post a message of no event, to see whether it arrives.
    Test,
    /// To post a dead letter once more.
    Replay { id: String },
    /// To go on after the receiver said that it is gone.
    SwitchOn,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAnswer {
    pub is_done: bool,
    pub detail: String,
}
