//! An alert as a restaurant's manager sees it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alert<'a> {
    pub(crate) id: u64,
    #[serde(borrow)]
    pub(crate) kind: &'a RawValue,
    #[serde(borrow)]
    pub(crate) message: &'a RawValue,
    pub(crate) at: At,
    #[serde(default)]
    pub(crate) severity: Severity,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seen_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) seen_by: Option<&'a RawValue>,
}

/// How soon somebody has to do something.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Severity {
    Notice,
    /// Also of those who do not say.
    #[default]
    Warning,
    Critical,
}
