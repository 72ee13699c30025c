//! An order as clients see it. What needs no change on its way out is not parsed.

use axum::http::HeaderValue;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order<'a> {
    #[serde(borrow)]
    pub(crate) order_id: &'a RawValue,
    customer_id: &'a RawValue,
    restaurant_id: &'a RawValue,
    items: &'a RawValue,
    total_cents: &'a RawValue,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    delivery_address: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    delivery_location: Option<&'a RawValue>,
    pub(crate) status: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_location: Option<&'a RawValue>,
    remakes: u32,
    late: bool,
    #[serde(default)]
    refund: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) rejection: Option<Rejection<'a>>,
    created_at: At,
    updated_at: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_at: Option<At>,
    pub(crate) version: u64,
    /// What opens it to whoever has it; told to whoever has made it.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(crate) tracking_key: Option<String>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    note: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    phone: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    remake_reason: Option<&'a RawValue>,
}

/// Why an order cannot be made, and what could be had instead.
#[derive(Deserialize, Serialize)]
pub(crate) struct Rejection<'a> {
    pub(crate) reason: &'a str,
    #[serde(borrow)]
    pub(crate) message: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) missing: &'a RawValue,
    #[serde(borrow)]
    pub(crate) alternatives: &'a RawValue,
}

impl Order<'_> {
    /// The version grows with every change, so it names the representation.
    pub(crate) fn etag(&self) -> HeaderValue {
        // Digits in quotes are always fit for a header.
        HeaderValue::try_from(format!("\"{}\"", self.version))
            .unwrap_or(HeaderValue::from_static("\"0\""))
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            version: self.version,
            at: self.updated_at,
            status: self.status.to_owned(),
        }
    }
}

/// How far an order has come, at one version of it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    pub(crate) version: u64,
    pub(crate) at: At,
    pub(crate) status: String,
}

/// Whether nothing follows after this status.
pub(crate) fn is_end(status: &str) -> bool {
    matches!(status, "delivered" | "cancelled" | "rejected")
}
