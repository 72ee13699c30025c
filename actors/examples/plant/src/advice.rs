//! A plugin may say how thirsty a plant is; it need not be right.

use silo_sdk::json::json;
use silo_sdk::{log, plugins};

use crate::Plant;
use crate::bindings::advice_queries;

/// What a plant holds.
const FULL_ML: u32 = 1_000;

#[silo_sdk::queries]
impl advice_queries::Guest for Plant {
    fn thirst(&self) -> u32 {
        let lacks_ml = FULL_ML.saturating_sub(self.water_ml);
        // Asking costs time, and where nothing is bound there is nobody to ask.
        if plugins::bound().is_none() {
            return lacks_ml;
        }
        match plugins::consult("thirst", &json!({ "waterMl": self.water_ml })) {
            // A stranger says so: it is taken within bounds.
            Ok(advised_ml) => lacks_ml.min(advised_ml),
            Err(failure) => {
                log::warn!("no advice: {failure:?}");
                lacks_ml
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use silo_sdk::plugins::PluginFailure;
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn advice_is_taken_within_bounds_and_need_not_come() {
        let host = Host::new("plant", "fern");
        let fern = Plant::default();
        assert_eq!(fern.thirst(), 1_000);
        host.bind_plugin("a stranger", |function, arguments| {
            assert_eq!((function, &arguments["waterMl"]), ("thirst", &0.into()));
            Ok(json!(150))
        });
        assert_eq!(fern.thirst(), 150);
        host.bind_plugin("a worse one", |_, _| Ok(json!(9_999_999)));
        assert_eq!(fern.thirst(), 1_000);
        host.bind_plugin("a broken one", |_, _| {
            Err(PluginFailure::Failed("trap".into()))
        });
        assert_eq!((fern.thirst(), host.logs().len()), (1_000, 1));
    }
}
