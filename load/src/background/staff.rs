//! Cooks beyond those of the demo: who orders more than its kitchen can make would wait for ever.

use hyper::Method;
use serde_json::json;

use crate::retrying_client::RetryingClient;

/// How many orders a minute a chef makes, with some room to spare, at the speed of a demo.
const PER_CHEF: f64 = 4.0;
/// The chefs that the demo's restaurant has anyway.
const OWN: u32 = 3;
/// The most that are there in all.
const MOST: f64 = 20.0;

/// Those who help while a simulation runs.
pub(super) struct Staff {
    /// Where they clock in.
    path: String,
    chefs: Vec<String>,
}

impl Staff {
    /// Has as many at work as this many orders a minute take.
    ///
    /// # Errors
    /// When the pizzeria does not answer.
    pub(super) async fn clock_in(
        client: &mut RetryingClient,
        restaurant: &str,
        per_minute: f64,
    ) -> anyhow::Result<Self> {
        let path = format!("/api/kitchen/{restaurant}/chefs");
        let chefs: Vec<String> = (1..=helpers(per_minute))
            .map(|n| format!("live-{n}"))
            .collect();
        for chef in &chefs {
            // Whoever is there already is welcome, so that a refusal says nothing.
            let body = json!({"chefId": chef});
            client.command(Method::POST, &path, &body).await?;
        }
        Ok(Self { path, chefs })
    }

    /// Sends them home.
    ///
    /// # Errors
    /// When the pizzeria does not answer.
    pub(super) async fn clock_out(self, client: &mut RetryingClient) -> anyhow::Result<()> {
        for chef in &self.chefs {
            let path = format!("{}/{chef}", self.path);
            client.command(Method::DELETE, &path, &json!({})).await?;
        }
        Ok(())
    }
}

fn helpers(per_minute: f64) -> u32 {
    let needed = (per_minute / PER_CHEF).ceil().clamp(0.0, MOST);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was clamped"
    )]
    let needed = needed as u32;
    needed.saturating_sub(OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_help_as_are_needed_beside_those_who_are_there() {
        for (per_minute, expected) in [(0.01, 0), (6.0, 0), (12.0, 0), (30.0, 5), (60_000.0, 17)] {
            assert_eq!(helpers(per_minute), expected, "{per_minute}");
        }
    }
}
