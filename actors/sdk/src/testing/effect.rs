//! What a test can look at afterwards.

use serde_json::Value;

/// A call that waited for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub actor_type: String,
    pub key: String,
    pub method: String,
    pub arguments: Value,
}

/// A durable one-way message.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub actor_type: String,
    pub key: String,
    pub method: String,
    pub arguments: Value,
    pub delay_ms: u64,
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    pub stream: String,
    pub key: String,
    pub payload: Value,
}
