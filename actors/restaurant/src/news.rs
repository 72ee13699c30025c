//! What a restaurant hears of its orders: each change, in order, once.

use serde::Deserialize;
use serde::de::IgnoredAny;
use silo_sdk::{context, log, streams};

use crate::bindings::types::{Location, Status};
use crate::{Restaurant, figures, orders};

pub(crate) const STREAM: &str = "restaurant-orders";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct News {
    pub(crate) order_id: String,
    pub(crate) customer_id: String,
    pub(crate) at: u64,
    /// Present when the state changed, and absent for the first one.
    #[serde(default)]
    pub(crate) from: Option<Status>,
    pub(crate) status: Status,
    pub(crate) version: u64,
    pub(crate) late: bool,
    #[serde(default)]
    pub(crate) driver_id: Option<String>,
    #[serde(default)]
    pub(crate) deliver_to: Option<Location>,
    pub(crate) total_cents: u64,
    pub(crate) created_at: u64,
}

/// In the same stream, for the manager's screen; there is nothing to do about it here.
#[derive(Deserialize)]
struct ForManager {
    #[serde(rename = "alert")]
    _alert: IgnoredAny,
}

pub(crate) fn alert(kind: &str, message: &str) {
    let alert = silo_sdk::json::json!({
        "at": context::now_ms(), "alert": {"kind": kind, "message": message},
    });
    streams::publish(STREAM, &context::key(), &alert);
}

impl News {
    fn is_move(&self) -> bool {
        self.version == 1 || self.from.is_some()
    }
}

impl Restaurant {
    pub(crate) fn hear(&mut self, payload: &str) {
        let news: News = match silo_sdk::json::from_str(payload) {
            Ok(news) => news,
            Err(_) if silo_sdk::json::from_str::<ForManager>(payload).is_ok() => return,
            Err(error) => return log::warn!("an event of {STREAM} is not understood: {error}"),
        };
        orders::note(&news);
        if news.is_move() {
            figures::count(&mut self.clock, &news);
        }
        match (&news.driver_id, news.status) {
            (None, Status::Ready) => self.find_driver(&news),
            (Some(driver_id), Status::Ready) => self.found_driver(&news.order_id, driver_id),
            _ => self.needs_no_driver(&news.order_id),
        }
    }
}
