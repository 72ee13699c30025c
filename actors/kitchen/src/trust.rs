//! A plugin that fails again and again is not asked for a while; then once, to see. All of
//! it is about one binding: a new one is not to blame for its predecessor.

use serde::{Deserialize, Serialize};
use silo_sdk::{context, log, plugins};

use crate::bindings::types::{PluginStatus, PluginTrust};

/// How many failures in a row make a plugin rest.
pub(crate) const FAILURES_MAX: u32 = 3;
/// How long a plugin rests, in milliseconds.
pub(crate) const REST_MS: u64 = 60_000;
/// How much is kept of the text of a failure.
const TEXT_CHARS_MAX: usize = 200;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trust {
    #[serde(rename = "b", default)]
    binding: Option<String>,
    #[serde(rename = "r", default)]
    in_a_row: u32,
    #[serde(rename = "f", default)]
    failures: u64,
    #[serde(rename = "l", default)]
    last: Option<String>,
    #[serde(rename = "u", default)]
    rests_until: Option<u64>,
}

impl Trust {
    /// Whether the plugin is to be asked now.
    pub(crate) fn is_asked(&mut self) -> bool {
        let Some(binding) = plugins::bound() else {
            return false;
        };
        if self.binding.as_ref() != Some(&binding) {
            *self = Self {
                binding: Some(binding),
                ..Self::default()
            };
        }
        !self.rests_until.is_some_and(is_to_come)
    }

    pub(crate) fn did_well(&mut self) {
        if self.rests_until.take().is_some() {
            log::info!("the plugin is asked again");
        }
        self.in_a_row = 0;
    }

    /// Counts a failure. After a rest one more is enough for another: `in_a_row` stays where it
    /// was.
    pub(crate) fn failed(&mut self, why: &str) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.failures = self.failures.saturating_add(1);
        self.last = Some(why.chars().take(TEXT_CHARS_MAX).collect());
        log::warn!("the plugin is of no use: {why}");
        if self.in_a_row >= FAILURES_MAX {
            self.rests_until = Some(context::now_ms().saturating_add(REST_MS));
            log::warn!("the plugin rests after {} failures", self.in_a_row);
        }
    }

    /// What is known of the plugin; `None` where nothing is bound.
    pub(crate) fn view(&self) -> Option<PluginStatus> {
        let binding = plugins::bound()?;
        // What is known may be about the one before.
        let known = self.binding.as_ref() == Some(&binding);
        let about = if known { self.clone() } else { Self::default() };
        let until = about.rests_until.filter(|until| is_to_come(*until));
        Some(PluginStatus {
            binding,
            trust: match until {
                Some(_) => PluginTrust::Resting,
                None => PluginTrust::Asked,
            },
            failures_in_a_row: about.in_a_row,
            failures: about.failures,
            last_failure: about.last,
            asked_again_at: until,
        })
    }
}

/// Whether a rest goes on. One that would last longer than any was begun before the date was
/// set back, and nobody waits for that.
fn is_to_come(until: u64) -> bool {
    let now = context::now_ms();
    until > now && until <= now.saturating_add(REST_MS)
}
