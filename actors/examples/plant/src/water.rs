//! What a plant keeps: water. It drinks, lends and borrows.

use silo_sdk::{CallError, CallFailure, context, log};

use crate::Plant;
use crate::bindings::clients::PlantClient;
use crate::bindings::types::Refusal;
use crate::bindings::{plant, plant_queries};

#[silo_sdk::commands]
impl plant::Guest for Plant {
    fn water(&mut self, ml: u32) -> u32 {
        self.water_ml = self.water_ml.saturating_add(ml);
        log::info!("{} has {} ml", context::key(), self.water_ml);
        self.water_ml
    }

    fn drink(&mut self, ml: u32) -> Result<u32, Refusal> {
        let left = self.water_ml.checked_sub(ml);
        self.water_ml = left.ok_or(Refusal::TooDry(self.water_ml))?;
        Ok(self.water_ml)
    }

    fn lend(&mut self, ml: u32) -> Result<u32, Refusal> {
        if self.drink(ml).is_ok() {
            return Ok(ml);
        }
        let neighbour = self.neighbour.as_deref();
        let neighbour = neighbour.ok_or(Refusal::TooDry(self.water_ml))?;
        // The turn waits here, and nothing else begins in this actor meanwhile.
        match PlantClient::of(neighbour).lend(ml) {
            Ok(lent) => Ok(lent),
            // It has answered, and the answer is no.
            Err(CallError::Refused(refusal)) => Err(refusal),
            Err(CallError::Call(CallFailure::Cycle(ring))) => Err(Refusal::InARing(ring)),
            // It has not answered, so that nobody here knows whether it has done it.
            Err(CallError::Call(failure)) => Err(Refusal::NoAnswer(format!("{failure:?}"))),
        }
    }

    fn set_neighbour(&mut self, key: String) {
        self.neighbour = Some(key);
    }

    fn spill(&mut self) {
        // A trap: the turn has not happened.
        assert!(self.water_ml > 0, "there is nothing to spill");
        self.water_ml -= 1;
    }

    fn nudge(&mut self, other: String) {
        PlantClient::of(&other).send_spill();
    }
}

#[silo_sdk::queries]
impl plant_queries::Guest for Plant {
    fn moisture(&self) -> u32 {
        self.water_ml
    }

    fn dream(&self, rounds: u64) -> u64 {
        let step = |seen: u64, round: u64| seen.rotate_left(5) ^ std::hint::black_box(round);
        (0..rounds).fold(u64::from(self.water_ml), step)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::{Host, failed, ok, refused};

    use super::*;

    #[test]
    fn what_a_plant_lacks_it_borrows() {
        let host = Host::new("plant", "moss");
        host.answer("plant", "lend", |neighbour, arguments| {
            assert_eq!((neighbour, &arguments["ml"]), ("ivy", &50.into()));
            ok(50)
        });
        let mut moss = Plant::default();
        assert_eq!(moss.lend(50), Err(Refusal::TooDry(0)));
        moss.set_neighbour("ivy".into());
        assert_eq!(moss.lend(50), Ok(50));

        host.answer("plant", "lend", |_, _| refused(Refusal::TooDry(7)));
        assert_eq!(moss.lend(50), Err(Refusal::TooDry(7)));
        let ring = || failed(CallFailure::Cycle("moss, ivy, moss".into()));
        host.answer("plant", "lend", move |_, _| ring());
        let refused = moss.lend(50);
        assert_eq!(refused, Err(Refusal::InARing("moss, ivy, moss".into())));
    }

    #[test]
    fn what_declines_leaves_nothing_behind() {
        let host = Host::new("plant", "fern");
        <Plant as plant::Guest>::water(100);
        assert!(<Plant as plant::Guest>::drink(101).is_err());
        assert_eq!(host.state::<Plant>().unwrap().water_ml, 100);
    }

    #[test]
    #[should_panic(expected = "nothing to spill")]
    fn a_dry_plant_cannot_spill() {
        Plant::default().spill();
    }

    #[test]
    fn who_is_nudged_is_sent_a_message() {
        let host = Host::new("plant", "fern");
        Plant::default().nudge("dry".into());
        assert_eq!(host.sent_to("plant", "spill")[0].key, "dry");
        assert_eq!(Plant::default().dream(0), 0);
    }
}
