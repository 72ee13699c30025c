//! The rows of an inventory: what there is, what is ordered.

use serde_json::{Value, json};

use crate::endpoints::walk::Walk;

pub(crate) fn inventory(walk: &mut Walk) {
    let path = "/api/inventory/napoli";
    walk.row("GET", "/api/inventory/{id}")
        .good(200, path, None)
        .bad(404, "/api/inventory/nowhere", None)
        .bad(422, "/api/inventory/a%20b", None)
        .not_for("customer", path, None);
    for (method, name) in [("stock", "amounts"), ("thresholds", "thresholds")] {
        let path = format!("/api/inventory/napoli/{method}");
        let amounts = |quantity: Value| {
            let amount = json!({"ingredient": "dough", "quantity": quantity});
            let mut body = json!({});
            body[name] = json!([amount]);
            Some(body)
        };
        walk.row("PUT", &format!("/api/inventory/{{id}}/{method}"))
            .good(200, &path, amounts(json!(5)))
            .bad(422, &path, amounts(json!(-5)))
            .bad(422, &path, amounts(json!("many")))
            .bad(
                404,
                &format!("/api/inventory/nowhere/{method}"),
                amounts(json!(5)),
            )
            .not_for("kitchen", &path, amounts(json!(5)));
    }
    let path = "/api/inventory/napoli/recipes";
    let recipe = |ingredients: Value| {
        Some(json!({"pizzaType": "Bianca", "priceCents": 990, "ingredients": ingredients}))
    };
    let dough = json!([{"ingredient": "dough", "quantity": 1}]);
    walk.row("PUT", "/api/inventory/{id}/recipes")
        .good(200, path, recipe(dough.clone()))
        .bad(422, path, recipe(json!([])))
        .bad(422, path, Some(json!({"pizzaType": "Bianca"})))
        .not_for("customer", path, recipe(dough));
    let menu = walk.pizza.get("/api/restaurants/napoli/menu").text();
    assert!(menu.contains("Bianca"), "{menu}");
    let path = "/api/inventory/napoli/history";
    walk.row("GET", "/api/inventory/{id}/history")
        .good(200, path, None)
        .bad(400, "/api/inventory/napoli/history?days=-1", None)
        .bad(404, "/api/inventory/nowhere/history", None)
        .not_for("kitchen", path, None);
}

pub(crate) fn supply(walk: &mut Walk) {
    let path = "/api/inventory/napoli/rules";
    let rule = |below: Value| {
        let rule = json!({"ingredient": "dough", "orderBelow": below, "upTo": 9_000_000,
            "supplierId": "market", "askFirst": true});
        Some(json!({"rules": [rule]}))
    };
    let unknown = json!({"rules": [{"ingredient": "gold", "orderBelow": 1, "upTo": 2,
        "supplierId": "market"}]});
    let stranger = json!({"rules": [{"ingredient": "dough", "orderBelow": 1, "upTo": 2,
        "supplierId": "nobody"}]});
    walk.row("PUT", "/api/inventory/{id}/rules")
        .good(200, path, rule(json!(8_000_000)))
        .bad(422, path, rule(json!(0)))
        .bad(422, path, rule(json!(9_000_001)))
        .bad(422, path, rule(json!("many")))
        .bad(404, path, Some(unknown))
        .bad(422, path, Some(stranger))
        .bad(404, "/api/inventory/nowhere/rules", rule(json!(1)))
        .not_for("kitchen", path, rule(json!(1)));
    let path = "/api/inventory/napoli/orders";
    walk.row("GET", "/api/inventory/{id}/orders")
        .good(200, path, None)
        .good(
            200,
            "/api/inventory/napoli/orders?state=proposed&limit=1",
            None,
        )
        .bad(422, "/api/inventory/napoli/orders?state=eaten", None)
        .bad(400, "/api/inventory/napoli/orders?color=red", None)
        .bad(404, "/api/inventory/nowhere/orders", None)
        .not_for("kitchen", path, None);
    for verb in ["confirm", "cancel"] {
        let template = format!("/api/inventory/{{id}}/orders/{{order}}/{verb}");
        let path = format!("/api/inventory/napoli/orders/supply-1/{verb}");
        walk.row("POST", &template)
            .bad(422, &path, Some(json!({"x": 1})))
            .good(200, &path, None)
            .bad(
                404,
                &format!("/api/inventory/napoli/orders/supply-99/{verb}"),
                None,
            )
            .not_for("kitchen", &path, None);
    }
    walk.row("POST", "/api/inventory/{id}/orders/{order}/confirm")
        .bad(409, "/api/inventory/napoli/orders/supply-1/confirm", None);
    let path = "/api/inventory/napoli/report";
    walk.row("GET", "/api/inventory/{id}/report")
        .good(200, path, None)
        .bad(400, "/api/inventory/napoli/report?days=-1", None)
        .bad(404, "/api/inventory/nowhere/report", None)
        .not_for("kitchen", path, None);
    let path = "/api/inventory/napoli/report/dough";
    walk.row("GET", "/api/inventory/{id}/report/{ingredient}")
        .good(200, path, None)
        .bad(400, "/api/inventory/napoli/report/dough?days=-1", None)
        .bad(404, "/api/inventory/napoli/report/fool%27s%20gold", None)
        .bad(404, "/api/inventory/nowhere/report/dough", None)
        .not_for("kitchen", path, None);
}
