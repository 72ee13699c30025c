//! `/api/admin`: what is for operators. Admins may do it, observers look at it; the silos are asked with
//! the gateway's own token, which nobody is told.
//!
//! In reading order:
//! - [`pass`](self::pass): a request on its way to a silo
//! - [`silos`](self::silos), [`modules`](self::modules), [`actors`](self::actors),
//!   [`dead_letters`](self::dead_letters), [`plugins`](self::plugins), [`webhooks`](self::webhooks): the
//!   endpoints
//! - [`stream`](self::stream): how things stand, as they change
//! - [`schema`](self::schema): what all of them give

mod actors;
mod dead_letters;
mod modules;
mod pass;
mod plugins;
mod schema;
mod silos;
mod stream;
mod webhooks;

use crate::endpoint::Endpoint;

pub(super) fn endpoints() -> Vec<Endpoint> {
    [
        silos::endpoints(),
        modules::endpoints(),
        actors::endpoints(),
        dead_letters::endpoints(),
        plugins::endpoints(),
        webhooks::endpoints(),
        stream::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
