//! What is sold, at which price, how soon.

use std::collections::BTreeSet;

use silo_sdk::config;

use crate::Supplier;
use crate::bindings::types::{Profile, Refusal, Violation};

impl Supplier {
    pub(crate) fn set_up(&mut self, profile: Profile) -> Result<(), Refusal> {
        let violations = violations(&profile);
        if !violations.is_empty() {
            return Err(Refusal::Invalid(violations));
        }
        self.profile = Some(profile);
        Ok(())
    }
}

/// Faster than in the profile where the configuration says so.
pub(crate) fn lead_ms(profile: &Profile) -> u64 {
    let speed: u64 = config::parse_or("speed", 1);
    // There is a moment on the way, and another one on which it arrives.
    (profile.lead_ms / speed.max(1)).max(2)
}

fn violations(profile: &Profile) -> Vec<Violation> {
    let mut names = BTreeSet::new();
    let prices = profile.prices.iter().enumerate();
    let again = prices.filter(|(_, price)| !names.insert(&price.ingredient));
    let violation = |(at, _)| Violation {
        pointer: format!("/profile/prices/{at}/ingredient"),
        message: "has a price already".to_owned(),
    };
    again.map(violation).collect()
}
