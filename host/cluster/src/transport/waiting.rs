//! Requests that wait, and what they hear when there is no answer.

use pizza_types::SiloId;
use tokio::sync::oneshot;

use crate::network::{LinkError, Request, Response};

/// A request with whoever waits for its response.
pub(super) struct Waiting {
    pub(super) request: Request,
    pub(super) response: oneshot::Sender<Result<Response, LinkError>>,
}

pub(super) fn not_sent(to: &SiloId, detail: &str) -> LinkError {
    let (to, detail) = (to.clone(), detail.to_owned());
    LinkError::NotSent { to, detail }
}

pub(super) fn lost(to: &SiloId, detail: &str) -> LinkError {
    let (to, detail) = (to.clone(), detail.to_owned());
    LinkError::Lost { to, detail }
}
