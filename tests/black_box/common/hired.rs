//! Drivers of the first restaurant.

use serde_json::json;

use super::{Pizza, until};

/// The only drivers of the restaurant `napoli` from now on, and available.
pub(crate) fn hire(pizza: &Pizza, drivers: &[&str]) {
    let mut profile = pizza.get("/api/restaurants/napoli").json()["profile"].clone();
    profile["drivers"] = drivers.iter().copied().collect();
    let configured = pizza.post("/api/actors/restaurant/napoli/configure", &json!([profile]));
    assert_eq!(configured.status, 200, "{}", configured.text());
    for id in drivers {
        let path = format!("/api/drivers/{id}/status");
        // Once it has heard of the restaurant, the restaurant hears of it.
        until("the driver to have joined", || {
            (pizza.get(&path).json()["restaurantId"] == "napoli").then_some(())
        });
        let working = pizza.put(&path, &json!({"status": "available"}));
        assert_eq!(working.status, 200, "{}", working.text());
    }
}
