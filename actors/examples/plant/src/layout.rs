//! States of layout 1, which counted water in cups.

use serde::{Deserialize, Serialize};
use silo_sdk::state;

use crate::Plant;

const CUP_ML: u32 = 200;

/// What version 1 has left behind.
#[derive(Serialize, Deserialize)]
struct Layout1 {
    cups: u32,
}

impl Plant {
    /// Runs in the first turn under this version, and is committed with it.
    pub(crate) fn from_older(schema: u32, bytes: &[u8]) -> Result<Self, String> {
        if schema != 1 {
            return Err(format!("there was no layout {schema}"));
        }
        let Layout1 { cups } = state::decode(bytes)?;
        Ok(Self {
            water_ml: cups * CUP_ML,
            ..Self::default()
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;
    use crate::bindings::{plant, plant_queries};

    #[test]
    fn cups_become_millilitres() {
        let host = Host::new("plant", "fern");
        host.set_snapshot(1, state::encode(&Layout1 { cups: 3 }));
        assert_eq!(<Plant as plant_queries::Guest>::moisture(), 600);
        <Plant as plant::Guest>::water(50);
        assert_eq!(host.state::<Plant>().unwrap().water_ml, 650);
        assert!(Plant::from_older(0, &[]).is_err());
    }
}
