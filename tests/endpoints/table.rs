//! The rows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::{self, Pizza, now_ms, until};
use crate::inventory;
use crate::walk::{Row, Walk};

#[test]
fn every_endpoint_does_its_part_and_refuses_the_rest() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    let mut walk = Walk {
        pizza,
        walked: BTreeSet::new(),
    };
    // Nobody cooks, so that orders move when they are told to.
    for chef in ["1", "2", "3"] {
        walk.call("kitchen/napoli", "clock-out", &json!([chef]));
    }
    orders(&mut walk);
    to_the_door(&mut walk);
    kitchen(&mut walk);
    inventory::inventory(&mut walk);
    inventory::supply(&mut walk);
    restaurants(&mut walk);
    drivers(&mut walk);
    operations(&mut walk);
    let document = walk.pizza.get("/openapi.json").json();
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(move |method| format!("{method} {path}"))
    });
    // Pages for people are no part of the API.
    walk.walked.retain(|name| !name.starts_with("get /docs/"));
    assert_eq!(walk.walked, all.collect(), "every endpoint is walked");
}

fn orders(walk: &mut Walk) {
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

fn to_the_door(walk: &mut Walk) {
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

fn kitchen(walk: &mut Walk) {
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
}

fn restaurants(walk: &mut Walk) {
    walk.row("GET", "/api/restaurants")
        .good(200, "/api/restaurants", None)
        .bad(400, "/api/restaurants?limit=many", None)
        .bad(400, "/api/restaurants?color=red", None);
    walk.row("GET", "/api/restaurants/{id}")
        .good(200, "/api/restaurants/napoli", None)
        .bad(404, "/api/restaurants/nowhere", None)
        .bad(422, "/api/restaurants/a%20b", None);
    walk.row("GET", "/api/restaurants/{id}/menu")
        .good(200, "/api/restaurants/napoli/menu", None)
        .bad(404, "/api/restaurants/nowhere/menu", None)
        .bad(422, "/api/restaurants/a%20b/menu", None);
    for name in ["orders", "drivers", "metrics", "history"] {
        let path = format!("/api/restaurants/napoli/{name}");
        walk.row("GET", &format!("/api/restaurants/{{id}}/{name}"))
            .good(200, &path, None)
            .bad(404, &format!("/api/restaurants/nowhere/{name}"), None)
            .bad(422, &format!("/api/restaurants/a%20b/{name}"), None)
            .not_for("customer", &path, None);
    }
    walk.row("GET", "/api/restaurants/{id}/orders").bad(
        422,
        "/api/restaurants/napoli/orders?state=eaten",
        None,
    );
    // A dashboard has no end; its first line is enough.
    let stream = "/api/dashboard/napoli/stream";
    let mut open = common::sse::Reader::open(walk.pizza.http, stream, None);
    let order = walk.order();
    let event = open.next().expect("an event");
    assert_eq!(event.data["orderId"], order.as_str());
    walk.row("GET", "/api/dashboard/{id}/stream")
        .bad(404, "/api/dashboard/nowhere/stream", None)
        .bad_with(400, stream, &[("last-event-id", "x")], None)
        .not_for("customer", stream, None);
}

fn drivers(walk: &mut Walk) {
    let path = "/api/drivers/rider/status";
    let status = |name: &str| Some(json!({"status": name}));
    walk.row("PUT", "/api/drivers/{id}/status")
        .good(200, path, status("available"))
        .bad(422, path, status("asleep"))
        .bad(422, "/api/drivers/a%20b/status", status("available"))
        .not_for("customer", path, status("offline"))
        .not_for("driver", path, status("offline"));
    walk.row("GET", "/api/drivers/{id}/status")
        .good(200, path, None)
        .bad(404, "/api/drivers/nobody/status", None)
        .bad(422, "/api/drivers/a%20b/status", None)
        .not_for("manager", path, None);
    let path = "/api/drivers/rider/location";
    let place = |lat: Value| Some(json!({"lat": lat, "lon": 14.2, "timestamp": now_ms()}));
    walk.row("POST", "/api/drivers/{id}/location")
        .good(200, path, place(json!(40.8)))
        .bad(422, path, place(json!(91)))
        .bad(422, path, place(json!("north")))
        .not_for("kitchen", path, place(json!(40.8)));
    offered(walk);
    let ready = walk.order_at(&["preparing", "baking", "ready"]);
    walk.drives("carrier");
    let assign = format!("/api/orders/{ready}/assign-driver");
    let carrier = json!({"driverId": "carrier"});
    assert_eq!(walk.pizza.post(&assign, &carrier).status, 200);
    let carries = || {
        let driver = walk.pizza.get("/api/drivers/carrier/status").json();
        (driver["orderId"] == ready.as_str()).then_some(())
    };
    until("the driver to carry it", carries);
    let idle = walk
        .pizza
        .put("/api/drivers/idle/status", &json!({"status": "available"}));
    assert_eq!(idle.status, 200);
    for verb in ["picked-up", "delivered"] {
        let path = format!("/api/drivers/carrier/{verb}");
        walk.row("POST", &format!("/api/drivers/{{id}}/{verb}"))
            .bad(422, &path, Some(json!({"x": 1})))
            .good(200, &path, None)
            .bad(404, &format!("/api/drivers/nobody/{verb}"), None)
            .bad(409, &format!("/api/drivers/idle/{verb}"), None)
            .not_for("customer", &path, None);
    }
}

fn offered(walk: &mut Walk) {
    let offer = |walk: &Walk, order: &str| {
        let delivery = json!({"orderId": order, "restaurantId": "napoli",
            "pickUp": {"lat": 40.8, "lon": 14.2}, "expiresAt": 4_000_000_000_000_u64});
        walk.call("driver/rider", "offer", &json!([delivery]));
    };
    walk.drives("rider");
    let body = |order: &str| Some(json!({"orderId": order}));
    for verb in ["reject", "accept"] {
        let order = walk.order_at(&["preparing", "baking", "ready"]);
        offer(walk, &order);
        let path = format!("/api/drivers/rider/{verb}");
        walk.row("POST", &format!("/api/drivers/{{id}}/{verb}"))
            .bad(409, &path, body("another"))
            .good(200, &path, body(&order))
            .bad(422, &path, Some(json!({})))
            .bad(404, &format!("/api/drivers/nobody/{verb}"), body(&order))
            .not_for("kitchen", &path, body(&order));
    }
}

fn operations(walk: &mut Walk) {
    walk.row("POST", "/api/actors/{type}/{key}/{method}")
        .good(200, "/api/actors/inventory/napoli/menu", None)
        .bad(404, "/api/actors/pineapple/napoli/menu", None)
        .bad(404, "/api/actors/inventory/napoli/eat", None)
        .bad(
            422,
            "/api/actors/inventory/napoli/history",
            Some(json!(["x"])),
        )
        .not_for("manager", "/api/actors/inventory/napoli/menu", None);
    walk.row("GET", "/metrics")
        .good(200, "/metrics", None)
        .bad_with(412, "/metrics", &[("if-match", "\"1\"")], None)
        .not_for("manager", "/metrics", None);
    for path in ["/health/live", "/health/ready", "/openapi.json", "/docs/"] {
        walk.row("GET", path).good(200, path, None);
        let row = Row {
            walk,
            name: path.to_owned(),
            method: "POST",
        };
        row.bad(405, path, None)
            .bad_with(405, path, &[("x-forwarded-for", "203.0.113.9")], None);
    }
    walk.row("GET", "/docs").good(308, "/docs", None);
    walk.row("GET", "/docs/{file}")
        .good(200, "/docs/swagger-ui.css", None)
        .bad(404, "/docs/nothing.css", None)
        .bad(400, "/docs/%FF", None);
}
