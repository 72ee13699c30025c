//! What is in a restaurant's stream beside the changes of orders.

use pizza_client::Event;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::positions::Position;
use crate::time::At;
use crate::view::alert::{Alert, Severity};
use crate::view::driver::BoardDriver;
use crate::view::restaurant::Restaurant;

pub(super) enum News<'a> {
    /// It is new, or somebody has seen it.
    Alert(Alert<'a>),
    Driver(DriverNews<'a>),
    Position(Position),
    Restaurant(RestaurantNews<'a>),
    /// What changed has to be looked at.
    Look,
    /// A newer actor tells of what is not known here.
    Unknown,
}

/// Any of them, as it was published.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Published<'a> {
    #[serde(default)]
    kind: Option<&'a str>,
    at: At,
    #[serde(borrow, default)]
    alert: Option<Raised<'a>>,
    #[serde(borrow, default)]
    seen: Option<Alert<'a>>,
    #[serde(borrow, default)]
    driver: Option<BoardDriver<'a>>,
    #[serde(borrow, default)]
    restaurant: Option<Restaurant<'a>>,
    #[serde(borrow, default)]
    driver_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    location: Option<&'a RawValue>,
    #[serde(default)]
    heading: Option<f64>,
    #[serde(borrow, default)]
    order_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Raised<'a> {
    #[serde(borrow)]
    kind: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
    #[serde(default)]
    severity: Option<Severity>,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
}

/// How a driver is now.
#[derive(Serialize)]
pub(super) struct DriverNews<'a> {
    at: At,
    driver: BoardDriver<'a>,
}

/// How the restaurant is now.
#[derive(Serialize)]
pub(super) struct RestaurantNews<'a> {
    at: At,
    restaurant: Restaurant<'a>,
}

impl<'a> News<'a> {
    /// `None` when nobody can have meant it so.
    pub(super) fn of(event: &'a Event) -> Option<Self> {
        let told: Published<'a> = serde_json::from_slice(&event.payload).ok()?;
        let at = told.at;
        if let Some(raised) = told.alert {
            return Some(Self::Alert(Alert {
                // Whoever keeps it gives it the same number.
                id: event.position,
                kind: raised.kind,
                message: raised.message,
                at,
                severity: raised.severity.unwrap_or_default(),
                source: raised.source,
                seen_at: None,
                seen_by: None,
            }));
        }
        Some(match told.kind? {
            "alert-seen" => Self::Alert(told.seen?),
            "driver-state" => Self::Driver(DriverNews {
                at,
                driver: told.driver?,
            }),
            "position" => {
                let position = Position::at(told.driver_id?, told.location?, at)?;
                Self::Position(position.on_the_way(told.heading, told.order_id))
            }
            "restaurant" => Self::Restaurant(RestaurantNews {
                at,
                restaurant: told.restaurant?,
            }),
            "stock" | "kitchen" => Self::Look,
            _ => Self::Unknown,
        })
    }
}
