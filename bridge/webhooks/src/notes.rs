//! What a webhook keeps with its silos: how it stands, and what it could not post.

use bytes::Bytes;
use pizza_client::retry::wait;
use pizza_client::webhooks::{self, WebhookLetter, WebhookState};
use pizza_client::{Client, Event};
use pizza_types::CallError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::message::Message;
use crate::shared::Shared;

/// A longer message is not kept: a note has room for this one with all its quotes escaped.
const BODY_BYTES_MAX: usize = 20 << 10;
/// The longest error that is kept.
const ERROR_CHARACTERS_MAX: usize = 500;

/// There is no room for one more.
pub(crate) struct NoRoom(pub(crate) CallError);

/// How a webhook stood last.
pub(crate) async fn state(client: &Client, name: &str) -> Result<Option<WebhookState>, CallError> {
    read(client, &format!("{}{name}", webhooks::STATES)).await
}

/// Reads one note; `None` where there is none, or it is of another version.
pub(crate) async fn read<T: DeserializeOwned>(
    client: &Client,
    name: &str,
) -> Result<Option<T>, CallError> {
    let notes = client.transport().notes(name, None, 1).await?;
    let mut notes = notes.into_iter().filter(|note| note.name == name);
    let note = notes.next();
    Ok(note.and_then(|note| serde_json::from_slice(&note.value).ok()))
}

/// Writes how it stands, if that has changed.
pub(crate) async fn write_state(shared: &Shared) {
    let Some(state) = shared.news() else {
        return;
    };
    let name = format!("{}{}", webhooks::STATES, shared.name());
    if !matches!(set(shared, &name, Some(&state)).await, Ok(true)) {
        shared.untold();
    }
}

/// Keeps what could not be posted. When it returns it is durable.
pub(crate) async fn add_letter(
    shared: &Shared,
    key: &str,
    event: &Event,
    message: &Message,
    attempts: u32,
    error: &str,
) -> Result<(), NoRoom> {
    let is_short = message.body.len() <= BODY_BYTES_MAX;
    let body = is_short.then(|| String::from_utf8_lossy(&message.body).into_owned());
    let letter = WebhookLetter {
        id: message.id.clone(),
        webhook: shared.name().to_owned(),
        at_ms: shared.now_ms(),
        stream: shared.endpoint.config.stream.clone(),
        key: key.to_owned(),
        position: event.position,
        attempts,
        error: error.chars().take(ERROR_CHARACTERS_MAX).collect(),
        bytes: message.body.len(),
        body,
    };
    let name = letter_name(shared, &message.id);
    let mut tries = 0;
    loop {
        match set(shared, &name, Some(&letter)).await {
            Ok(true) => break,
            Ok(false) => tracing::warn!(webhook = shared.name(), "this edge has no lease"),
            Err(error @ CallError::BadArguments { .. }) => return Err(NoRoom(error)),
            Err(error) => {
                tracing::warn!(webhook = shared.name(), %error, "a dead letter cannot be kept");
            }
        }
        tokio::time::sleep(wait(&shared.client, tries)).await;
        tries += 1;
    }
    tracing::warn!(
        webhook = shared.name(),
        id = message.id,
        error,
        "a dead letter"
    );
    shared.became_dead();
    Ok(())
}

pub(crate) fn letter_name(shared: &Shared, id: &str) -> String {
    format!("{}{id}", webhooks::letters(shared.name()))
}

/// Writes a note, or removes it; false if another one has the lease.
pub(crate) async fn set<T: Serialize>(
    shared: &Shared,
    name: &str,
    value: Option<&T>,
) -> Result<bool, CallError> {
    let value = value.map(serde_json::to_vec).transpose();
    let value = value.map_err(|error| CallError::bad_argument("/value", error.to_string()))?;
    let transport = shared.client.transport();
    let value = value.map(Bytes::from);
    transport.set_note(name, value, &shared.claim).await
}
