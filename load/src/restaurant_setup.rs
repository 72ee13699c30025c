//! Restaurants for load and for demos, set up through the public doors.

use hyper::Method;
use serde_json::{Value, json};

use crate::retrying_client::RetryingClient;

/// The time zone of Naples, where the demo's restaurants are.
pub(crate) const TIME_ZONE: &str = "Europe/Rome";

/// A restaurant as it is to be.
pub(crate) struct Restaurant {
    pub(crate) id: String,
    /// Latitude and longitude in degrees.
    pub(crate) location: (f64, f64),
    pub(crate) drivers: Vec<String>,
    pub(crate) chefs: u32,
    /// Recipes, as `PUT /api/inventory/{id}/recipes` takes them.
    pub(crate) menu: Vec<Value>,
    /// How much there shall be of each ingredient.
    pub(crate) on_hand: u32,
}

/// Sets a restaurant up, or makes an existing one what it should be.
///
/// # Errors
/// When the pizzeria declines, or gives no answer for longer than the client insists.
pub(crate) async fn set_up(client: &mut RetryingClient, wanted: &Restaurant) -> anyhow::Result<()> {
    let id = &wanted.id;
    let (lat, lon) = wanted.location;
    let profile = json!([{
        "name": id, "region": "eu", "location": {"lat": lat, "lon": lon},
        "open": true, "drivers": wanted.drivers, "timeZone": TIME_ZONE,
    }]);
    let configure = format!("/api/actors/restaurant/{id}/configure");
    client.tell(Method::POST, &configure, &profile).await?;
    // Recipes before stock: an inventory counts only what some pizza needs.
    for recipe in &wanted.menu {
        let recipes = format!("/api/inventory/{id}/recipes");
        client.tell(Method::PUT, &recipes, recipe).await?;
    }
    fill_up(client, wanted).await?;
    // Last, so that nobody cooks in a restaurant that lacks something.
    for chef in 1..=wanted.chefs {
        let chefs = format!("/api/kitchen/{id}/chefs");
        let chef = json!({"chefId": chef.to_string()});
        client.tell(Method::POST, &chefs, &chef).await?;
    }
    Ok(())
}

/// Restocks what is missing; what is left from the last time counts.
async fn fill_up(client: &mut RetryingClient, wanted: &Restaurant) -> anyhow::Result<()> {
    let id = &wanted.id;
    let stock = format!("/api/inventory/{id}");
    // As much as an earlier run has left.
    let there_is = client.get(&stock).await?.granted(&stock)?;
    let on_hand = |ingredient: &str| {
        let lines = there_is["stock"].as_array().into_iter().flatten();
        let mut of_it = lines.filter(|line| line["ingredient"] == ingredient);
        of_it.next().and_then(|line| line["onHand"].as_u64())
    };
    let mut lacking = Vec::new();
    for name in ingredients(&wanted.menu) {
        let there_is = u32::try_from(on_hand(name).unwrap_or(0))?;
        let quantity = wanted.on_hand.saturating_sub(there_is);
        if quantity > 0 {
            lacking.push(json!({"ingredient": name, "quantity": quantity}));
        }
    }
    if !lacking.is_empty() {
        let amounts = json!({"amounts": lacking});
        client
            .tell(Method::PUT, &format!("{stock}/stock"), &amounts)
            .await?;
    }
    Ok(())
}

/// The ingredients of a menu, each once.
fn ingredients(menu: &[Value]) -> Vec<&str> {
    let lines = menu
        .iter()
        .filter_map(|recipe| recipe["ingredients"].as_array());
    let mut names: Vec<_> = lines
        .flatten()
        .filter_map(|line| line["ingredient"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
