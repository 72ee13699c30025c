//! The rows of orders, and of the kitchen that cooks them.

use serde_json::{Value, json};

use crate::common::until;
use crate::endpoints::walk::Walk;

pub(crate) fn orders(walk: &mut Walk) {
    let create = |body: Value| Some(body);
    walk.row("POST", "/api/orders")
        .good(
            201,
            "/api/orders",
            create(json!({"customerId": "c", "pizzaType": "Margherita"})),
        )
        .bad(422, "/api/orders", create(json!({"customerId": "c"})))
        .bad(
            422,
            "/api/orders",
            create(
                json!({"customerId": "c", "items": [{"pizzaType": "Margherita", "quantity": 0}]}),
            ),
        )
        .bad(
            409,
            "/api/orders",
            create(json!({"customerId": "c", "pizzaType": "Pineapple"})),
        )
        .not_for(
            "customer",
            "/api/orders",
            create(json!({"customerId": "c", "pizzaType": "Margherita"})),
        );
    let order = walk.order();
    let path = format!("/api/orders/{order}");
    walk.row("GET", "/api/orders/{id}")
        .good(200, &path, None)
        .bad(404, "/api/orders/nothing", None)
        .bad(422, "/api/orders/a%20b", None)
        .bad_with(412, &path, &[("if-match", "\"77\"")], None)
        .not_for("driver", &path, None);

    let status = |name: &str| Some(json!({"status": name}));
    let path = format!("/api/orders/{order}/status");
    walk.row("PUT", "/api/orders/{id}/status")
        .good(200, &path, status("preparing"))
        .bad(409, &path, status("delivered"))
        .bad(422, &path, status("eaten"))
        .bad(
            409,
            &path,
            Some(json!({"status": "baking", "from": "created"})),
        )
        .bad(404, "/api/orders/nothing/status", status("preparing"))
        .bad_with(412, &path, &[("if-match", "\"1\"")], status("baking"))
        .not_for("manager", &path, status("baking"));
    let illegal = walk
        .pizza
        .put(&path, &json!({"status": "delivered"}))
        .json();
    assert_eq!(
        (&illegal["from"], &illegal["to"]),
        (&json!("preparing"), &json!("delivered"))
    );
    assert_eq!(illegal["allowed"], json!(["baking", "cancelled"]));

    let path = format!("/api/orders/{order}/cancel");
    walk.row("POST", "/api/orders/{id}/cancel")
        .bad_with(412, &path, &[("if-match", "\"1\"")], None)
        .good(200, &path, Some(json!({"reason": "no hunger"})))
        .bad(422, &path, Some(json!({"why": "x"})))
        .bad(404, "/api/orders/nothing/cancel", None)
        .not_for("kitchen", &path, None);
    let baking = walk.order_at(&["preparing", "baking"]);
    walk.row("POST", "/api/orders/{id}/cancel").bad(
        409,
        &format!("/api/orders/{baking}/cancel"),
        None,
    );
}

pub(crate) fn steps_and_link(walk: &mut Walk) {
    let order = walk.order();
    let path = format!("/api/orders/{order}/timeline");
    walk.row("GET", "/api/orders/{id}/timeline")
        .good(200, &path, None)
        .bad(404, "/api/orders/nothing/timeline", None)
        .bad(422, "/api/orders/a%20b/timeline", None)
        .not_for("driver", &path, None);
    let body = json!({"customerId": "c", "pizzaType": "Margherita"});
    let made = walk.pizza.post("/api/orders", &body).json();
    let id = made["orderId"].as_str().expect("an id");
    let key = |key: &Value| Some(json!({"trackingKey": key}));
    let path = format!("/api/orders/{id}/session");
    walk.row("POST", "/api/orders/{id}/session")
        .good(204, &path, key(&made["trackingKey"]))
        .bad(403, &path, key(&"guessed".into()))
        .bad(
            403,
            "/api/orders/nothing/session",
            key(&made["trackingKey"]),
        )
        .bad(422, "/api/orders/a%20b/session", key(&made["trackingKey"]))
        .bad(422, &path, Some(json!({})));
}

pub(crate) fn to_the_door(walk: &mut Walk) {
    let baking = walk.order_at(&["preparing", "baking"]);
    let ready = walk.order_at(&["preparing", "baking", "ready"]);
    walk.drives("by-hand");
    let path = format!("/api/orders/{ready}/assign-driver");
    let stranger = json!({"status": "available"});
    let stranger = walk.pizza.put("/api/drivers/stranger/status", &stranger);
    assert_eq!(stranger.status, 200, "{}", stranger.text());
    let driver = |id: &str| Some(json!({"driverId": id}));
    walk.row("POST", "/api/orders/{id}/assign-driver")
        .good(200, &path, driver("by-hand"))
        .bad(422, &path, driver("a b"))
        .bad(
            409,
            &format!("/api/orders/{baking}/assign-driver"),
            driver("by-hand"),
        )
        .bad(404, "/api/orders/nothing/assign-driver", driver("by-hand"))
        .bad(404, &path, driver("nobody"))
        .bad(409, &path, driver("stranger"))
        .not_for("customer", &path, driver("by-hand"));

    let path = format!("/api/orders/{ready}/confirm-delivery");
    let out = format!("/api/orders/{ready}/status");
    walk.row("POST", "/api/orders/{id}/confirm-delivery")
        .bad(409, &path, None)
        .bad(404, "/api/orders/nothing/confirm-delivery", None)
        .bad(422, &path, Some(json!([])));
    let moved = walk.pizza.put(&out, &json!({"status": "outForDelivery"}));
    assert_eq!(moved.status, 200, "{}", moved.text());
    let track = format!("/api/orders/{ready}/track");
    walk.row("POST", "/api/orders/{id}/confirm-delivery")
        .good(200, &path, None);
    // It has ended, so the stream of its events does.
    walk.row("GET", "/api/orders/{id}/track")
        .good(200, &track, None)
        .bad(404, "/api/orders/nothing/track", None)
        .bad(400, &format!("{track}?lastEventId=x"), None)
        .not_for("driver", &track, None);
}

pub(crate) fn kitchen(walk: &mut Walk) {
    let queue = "/api/kitchen/napoli/queue";
    walk.row("GET", "/api/kitchen/{id}/queue")
        .good(200, queue, None)
        .bad(400, "/api/kitchen/napoli/queue?limit=many", None)
        .bad(404, "/api/kitchen/nowhere/queue", None)
        .not_for("customer", queue, None);
    for (template, view) in [
        ("/api/kitchen/{id}/status", "status"),
        ("/api/kitchen/{id}/display", "display"),
    ] {
        let path = format!("/api/kitchen/napoli/{view}");
        walk.row("GET", template)
            .good(200, &path, None)
            .bad(404, &format!("/api/kitchen/nowhere/{view}"), None)
            .bad(422, &format!("/api/kitchen/a%20b/{view}"), None)
            .not_for("driver", &path, None);
    }
    let chefs = "/api/kitchen/napoli/chefs";
    let chef = |id: &str| Some(json!({"chefId": id}));
    walk.row("POST", "/api/kitchen/{id}/chefs")
        .good(200, chefs, chef("new"))
        .bad(422, chefs, Some(json!({})))
        .bad(404, "/api/kitchen/nowhere/chefs", chef("new"))
        .not_for("customer", chefs, chef("new"));
    walk.row("DELETE", "/api/kitchen/{id}/chefs/{chef}")
        .good(200, "/api/kitchen/napoli/chefs/new", None)
        .bad(404, "/api/kitchen/napoli/chefs/nobody", None)
        .bad(422, "/api/kitchen/napoli/chefs/a%20b", None);
    screen(walk);
}

/// What a kitchen's screen follows, and what cooks say on it.
fn screen(walk: &mut Walk) {
    let stream = "/api/kitchen/napoli/stream";
    walk.row("GET", "/api/kitchen/{id}/stream")
        .bad(400, &format!("{stream}?lastEventId=x"), None)
        .bad(404, "/api/kitchen/nowhere/stream", None)
        .not_for("driver", stream, None);
    let waits = walk.order();
    let prepared = walk.order_at(&["preparing"]);
    let baking = walk.order_at(&["preparing", "baking"]);
    until("the kitchen to know them", || {
        let active = walk.pizza.get("/api/kitchen/napoli/display").json()["active"].clone();
        let mut active = active.as_array().into_iter().flatten();
        active.find(|ticket| ticket["orderId"] == *baking).cloned()
    });
    let of = |order: &str, verb: &str| format!("/api/kitchen/napoli/orders/{order}/{verb}");
    let reason = |reason: &str| Some(json!({"reason": reason}));
    walk.row("POST", "/api/kitchen/{id}/orders/{order}/burn")
        .bad(422, &of(&baking, "burn"), reason("hunger"))
        .bad(409, &of(&waits, "burn"), reason("oven"))
        .bad(404, &of("nothing", "burn"), reason("oven"))
        .bad(422, &of("a%20b", "burn"), reason("oven"))
        .not_for("customer", &of(&baking, "burn"), reason("oven"))
        .good(200, &of(&baking, "burn"), reason("other"));
    walk.row("POST", "/api/kitchen/{id}/orders/{order}/put-back")
        .good(200, &of(&waits, "put-back"), None)
        .good(200, &of(&prepared, "put-back"), None)
        .bad(404, &of("nothing", "put-back"), None)
        .bad(422, &of(&waits, "put-back"), Some(json!({"why": "x"})))
        .not_for("driver", &of(&waits, "put-back"), None);
    let chef = |id: &str| Some(json!({"chefId": id}));
    walk.call("kitchen/napoli", "clock-in", &json!(["busy"]));
    walk.row("POST", "/api/kitchen/{id}/orders/{order}/assign")
        .bad(404, &of(&waits, "assign"), chef("nobody"))
        .bad(409, &of(&waits, "assign"), chef("1"))
        .bad(404, &of("nothing", "assign"), chef("busy"))
        .bad(422, &of(&waits, "assign"), chef("a b"))
        .not_for("customer", &of(&waits, "assign"), chef("busy"));
    // That chef has the first of those that wait, and keeps it for a second.
    let given = walk.row("POST", "/api/kitchen/{id}/orders/{order}/assign");
    until("an order to be given to whoever has it", || {
        let stations =
            given.walk.pizza.get("/api/kitchen/napoli/display").json()["stations"].clone();
        let mut stations = stations.as_array().into_iter().flatten();
        let busy = stations.find(|station| station["chefId"] == "napoli.busy")?;
        let path = of(busy["orderId"].as_str()?, "assign");
        (given.ask(&path, &[], chef("busy").as_ref()).status == 200).then_some(())
    });
    let alert = json!({"kind": "malfunction", "message": "the fan stands still"});
    walk.call("kitchen/napoli", "report-alert", &alert);
    let alerts = walk.pizza.get("/api/kitchen/napoli/status").json()["alerts"].clone();
    let newest = alerts.as_array().and_then(|alerts| alerts.last());
    let id = newest
        .and_then(|alert| alert["id"].as_u64())
        .expect("an alert");
    let seen = |id: &str| format!("/api/kitchen/napoli/alerts/{id}/seen");
    walk.row("POST", "/api/kitchen/{id}/alerts/{alert}/seen")
        .good(200, &seen(&id.to_string()), None)
        .bad(404, &seen("999999"), None)
        .bad(404, &seen("first"), None)
        .bad(404, "/api/kitchen/nowhere/alerts/1/seen", None)
        .not_for("driver", &seen("1"), None);
}
