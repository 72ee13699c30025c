//! What is sold, at which price, how soon.

use std::collections::BTreeSet;

use silo_sdk::config;

use crate::Supplier;
use crate::bindings::types::{Profile, Refusal, Violation};

const NAME_CHARS_MAX: usize = 100;
const PRICES_MAX: usize = 500;
/// 30 days.
const LEAD_MS_MAX: u64 = 30 * 86_400_000;

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
    let mut found = Vec::new();
    let mut wrong = |pointer: String, message: &str| {
        let message = message.to_owned();
        found.push(Violation { pointer, message });
    };
    let is_name = |name: &str| {
        let chars = name.chars().count();
        (1..=NAME_CHARS_MAX).contains(&chars) && !name.chars().any(char::is_control)
    };
    if !is_name(&profile.name) {
        wrong("/profile/name".to_owned(), "takes 1 to 100 characters");
    }
    if !(1_000..=LEAD_MS_MAX).contains(&profile.lead_ms) {
        wrong("/profile/leadMs".to_owned(), "takes 1 second to 30 days");
    }
    if profile.prices.len() > PRICES_MAX {
        wrong("/profile/prices".to_owned(), "takes at most 500 prices");
    }
    let mut names = BTreeSet::new();
    for (at, price) in profile.prices.iter().enumerate() {
        let pointer = format!("/profile/prices/{at}/ingredient");
        if !is_name(&price.ingredient) {
            wrong(pointer, "takes 1 to 100 characters");
        } else if !names.insert(&price.ingredient) {
            wrong(pointer, "has a price already");
        }
    }
    for (name, number) in [
        ("lotMax", profile.lot_max),
        ("failsEvery", profile.fails_every),
    ] {
        if number == Some(0) {
            wrong(
                format!("/profile/{name}"),
                "takes 1 and more; leave it out for none",
            );
        }
    }
    found
}
