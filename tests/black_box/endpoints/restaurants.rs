//! The rows of restaurants and drivers, and of those who operate all of it.

use serde_json::{Value, json};

use crate::common::{now_ms, until};
use crate::endpoints::walk::{Row, Walk};

pub(crate) fn restaurants(walk: &mut Walk) {
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
    for name in [
        "orders",
        "drivers",
        "free-drivers",
        "metrics",
        "history",
        "durations",
        "board",
        "alerts",
    ] {
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
    walk.row("GET", "/api/restaurants/{id}/orders")
        .good(200, "/api/restaurants/napoli/orders?q=via%20roma", None)
        .bad(400, "/api/restaurants/napoli/orders?q=x", None);
    walk.row("GET", "/api/restaurants")
        .good(200, "/api/restaurants?mine=true", None)
        .bad(400, "/api/restaurants?mine=yours", None);
    let path = "/api/restaurants/napoli/open";
    let open = |open: Value| Some(json!({"open": open}));
    walk.row("PUT", "/api/restaurants/{id}/open")
        .good(200, path, open(json!(true)))
        .bad(422, path, open(json!("wide")))
        .bad(422, path, Some(json!({})))
        .bad(404, "/api/restaurants/nowhere/open", open(json!(true)))
        .not_for("kitchen", path, open(json!(false)));
    alerts(walk);
    // A dashboard has no end; its first line is enough.
    let stream = "/api/dashboard/napoli/stream";
    let mut open = crate::common::sse::Reader::open(walk.pizza.http, stream, None);
    let order = walk.order();
    let event = open.next_of_order().expect("an event");
    assert_eq!(event.data["orderId"], order.as_str());
    walk.row("GET", "/api/dashboard/{id}/stream")
        .bad(404, "/api/dashboard/nowhere/stream", None)
        .bad_with(400, stream, &[("last-event-id", "x")], None)
        .not_for("customer", stream, None);
}

fn alerts(walk: &mut Walk) {
    let alarm = json!(["malfunction", "the oven is silent"]);
    walk.call("kitchen/napoli", "report-alert", &alarm);
    let raised = || {
        let alerts = walk.pizza.get("/api/restaurants/napoli/alerts").json();
        let mut alerts = alerts["alerts"].as_array().expect("alerts").iter();
        let alert = alerts.find(|alert| alert["kind"] == "malfunction")?;
        Some(alert["id"].as_u64().expect("a number"))
    };
    let path = format!(
        "/api/restaurants/napoli/alerts/{}/seen",
        until("the alert to be kept", raised)
    );
    walk.row("POST", "/api/restaurants/{id}/alerts/{alert}/seen")
        .good(200, &path, None)
        .bad(404, "/api/restaurants/napoli/alerts/0/seen", None)
        .bad(404, "/api/restaurants/napoli/alerts/x/seen", None)
        .bad(422, &path, Some(json!({"x": 1})))
        .not_for("kitchen", &path, None);
    walk.row("GET", "/api/restaurants/{id}/alerts").bad(
        400,
        "/api/restaurants/napoli/alerts?after=x",
        None,
    );
}

pub(crate) fn drivers(walk: &mut Walk) {
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
        .good(200, path, place(json!(40.8)).map(|one| json!([one])))
        .bad(422, path, place(json!(91)).map(|one| json!([one])))
        .bad(422, path, Some(json!([])))
        .not_for("kitchen", path, place(json!(40.8)));
    let day = "/api/drivers/rider/day";
    walk.row("GET", "/api/drivers/{id}/day")
        .good(200, day, None)
        .bad(404, "/api/drivers/nobody/day", None)
        .bad(422, "/api/drivers/a%20b/day", None)
        .not_for("customer", day, None);
    // It has no end; its first line is enough.
    let stream = "/api/drivers/rider/stream";
    let mut open = crate::common::sse::Reader::open(walk.pizza.http, stream, None);
    offered(walk);
    assert_eq!(
        open.next().expect("an event").data["driver"]["driverId"],
        "rider"
    );
    walk.row("GET", "/api/drivers/{id}/stream")
        .bad(422, "/api/drivers/a%20b/stream", None)
        .bad_with(400, stream, &[("last-event-id", "x")], None)
        .not_for("customer", stream, None);
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
    given_back(walk);
}

/// Who gives an order back does not work any more.
fn given_back(walk: &mut Walk) {
    let ready = walk.order_at(&["preparing", "baking", "ready"]);
    walk.drives("stranded");
    let assign = format!("/api/orders/{ready}/assign-driver");
    let stranded = json!({"driverId": "stranded"});
    assert_eq!(walk.pizza.post(&assign, &stranded).status, 200);
    let carries = || {
        let driver = walk.pizza.get("/api/drivers/stranded/status").json();
        (driver["orderId"] == ready.as_str()).then_some(())
    };
    until("the driver to carry it", carries);
    let path = "/api/drivers/stranded/cannot-deliver";
    let reason = |reason: &str| Some(json!({"reason": reason}));
    walk.row("POST", "/api/drivers/{id}/cannot-deliver")
        .bad(422, path, reason("rain"))
        .bad(400, path, None)
        .good(200, path, reason("vehicle"))
        .bad(409, path, reason("vehicle"))
        .bad(404, "/api/drivers/nobody/cannot-deliver", reason("other"))
        .not_for("manager", path, reason("other"));
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

pub(crate) fn operations(walk: &mut Walk) {
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
    let session = "/api/session";
    let lent = |role: &str| Some(json!({"demoRole": {"role": role, "subject": "napoli"}}));
    walk.row("POST", session)
        .good(204, session, lent("manager"))
        .bad(401, session, Some(json!({"token": "wrong"})))
        .bad(422, session, lent("baker"))
        .bad(422, session, Some(json!({})))
        .bad_with(
            403,
            session,
            &[("x-forwarded-for", "203.0.113.9")],
            lent("admin"),
        );
    walk.row("GET", session).good(200, session, None).bad_with(
        401,
        session,
        &[("authorization", "Bearer wrong")],
        None,
    );
    walk.row("DELETE", session).good(204, session, None);
    let overview = "/api/overview";
    walk.row("GET", overview)
        .good(200, overview, None)
        .bad(400, "/api/overview?limit=many", None);
    let told = walk.pizza.get(overview).json();
    assert_eq!(told["restaurants"][0]["id"], "napoli", "{told}");
    let simulation = "/api/simulation";
    walk.row("GET", simulation).good(200, simulation, None);
    let wish = |on: Value| Some(json!({"on": on}));
    walk.row("PUT", simulation)
        .good(200, simulation, wish(json!(false)))
        .bad(422, simulation, wish(json!("off")))
        .bad_with(
            401,
            simulation,
            &[("x-forwarded-for", "203.0.113.9")],
            wish(json!(false)),
        );
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
