//! What operators ask of a webhook: they leave a note with any silo, and find the answer in its place.

use std::sync::Arc;
use std::time::Duration;

use pizza_client::webhooks::{self, WebhookAnswer, WebhookLetter, WebhookRequest, WebhookWish};
use pizza_types::CallError;
use tokio::time::sleep;

use crate::answer::Outcome;
use crate::follow::attempt;
use crate::message::{self, Message};
use crate::notes::{self, letter_name};
use crate::post::Poster;
use crate::shared::Shared;

/// How often somebody may have asked.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const PAGE: usize = 100;
/// Whoever asked does not wait any longer.
const KEEP_MS: u64 = 60_000;

/// Does what is asked for, one thing after the other, as long as it is let.
pub(crate) async fn answer_all(shared: Arc<Shared>) {
    let folder = webhooks::requests(shared.name());
    loop {
        if let Err(error) = look(&shared, &folder).await {
            tracing::debug!(webhook = shared.name(), %error, "what operators ask is not known");
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn look(shared: &Shared, folder: &str) -> Result<(), CallError> {
    let notes = shared.client.transport().notes(folder, None, PAGE).await?;
    for note in notes {
        let request = serde_json::from_slice::<WebhookRequest>(&note.value).ok();
        let age_ms = |request: &WebhookRequest| shared.now_ms().saturating_sub(request.at_ms);
        match request {
            Some(request) if age_ms(&request) < KEEP_MS => {
                if request.answer.is_some() {
                    continue;
                }
                let answer = Some(answer(shared, &request.wish).await?);
                let answered = WebhookRequest { answer, ..request };
                notes::set(shared, &note.name, Some(&answered)).await?;
            }
            // Nobody waits for it, or nobody can read it.
            _ => {
                notes::set::<WebhookRequest>(shared, &note.name, None).await?;
            }
        }
    }
    Ok(())
}

async fn answer(shared: &Shared, wish: &WebhookWish) -> Result<WebhookAnswer, CallError> {
    let id = match wish {
        WebhookWish::Test => {
            let id = shared.client.transport().fresh_id();
            let message = message::ping(shared.name(), id, shared.now_ms());
            return Ok(posted(shared, &message).await);
        }
        WebhookWish::SwitchOn => {
            shared.switch_on();
            return Ok(WebhookAnswer {
                is_done: true,
                detail: "it is on".to_owned(),
            });
        }
        WebhookWish::Replay { id } => id,
    };
    let refused = |detail: &str| WebhookAnswer {
        is_done: false,
        detail: detail.to_owned(),
    };
    let name = letter_name(shared, id);
    let Some(letter) = notes::read::<WebhookLetter>(&shared.client, &name).await? else {
        return Ok(refused("there is no such dead letter any more"));
    };
    let Some(body) = &letter.body else {
        return Ok(refused(
            "it was too long to be kept, and can only be dropped",
        ));
    };
    let (id, body) = (letter.id.clone(), body.clone().into());
    let answer = posted(shared, &Message { id, body }).await;
    if answer.is_done {
        notes::set::<WebhookLetter>(shared, &name, None).await?;
    } else {
        let (attempts, error) = (letter.attempts + 1, answer.detail.clone());
        let letter = WebhookLetter {
            attempts,
            error,
            ..letter
        };
        notes::set(shared, &name, Some(&letter)).await?;
    }
    Ok(answer)
}

/// Posts once. Whoever asked sees what comes of it, also where the webhook is off.
async fn posted(shared: &Shared, message: &Message) -> WebhookAnswer {
    let mut poster = Poster::new(Arc::clone(&shared.endpoint));
    let (is_done, detail) = match attempt(shared, &mut poster, message).await {
        Outcome::Acknowledged => (true, "acknowledged".to_owned()),
        Outcome::Gone { error } | Outcome::Failed { error, .. } => (false, error),
    };
    WebhookAnswer { is_done, detail }
}
