//! What a client should know of every actor's reply, whether it granted or declined: how
//! durable it is, and whether it was given before.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use pizza_types::{Durability, Reply};

const DURABILITY: HeaderName = HeaderName::from_static("x-durability");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

#[derive(Debug, Clone, Copy)]
pub(crate) struct Acknowledgement {
    durability: Durability,
    replayed: bool,
}

impl From<&Reply> for Acknowledgement {
    fn from(reply: &Reply) -> Self {
        Self {
            durability: reply.durability,
            replayed: reply.replayed,
        }
    }
}

impl Acknowledgement {
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let durability = match self.durability {
            Durability::Memory => HeaderValue::from_static("memory"),
            Durability::Process => HeaderValue::from_static("process"),
            Durability::Fsync => HeaderValue::from_static("fsync"),
            Durability::Replicated(copies) => {
                HeaderValue::try_from(format!("replicated({copies})"))
                    .unwrap_or(HeaderValue::from_static("replicated"))
            }
        };
        headers.insert(DURABILITY, durability);
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
    }
}
