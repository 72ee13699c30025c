//! The rows of what is for operators.

use serde_json::{Value, json};

use crate::common::sse;
use crate::endpoints::walk::Walk;

pub(crate) fn looks(walk: &mut Walk) {
    for (template, path) in [
        ("/api/admin/stats", "/api/admin/stats"),
        ("/api/admin/rates", "/api/admin/rates"),
        ("/api/admin/plans", "/api/admin/plans"),
        ("/api/admin/audit", "/api/admin/audit?type=order&limit=3"),
        ("/api/admin/modules", "/api/admin/modules?type=order"),
        ("/api/admin/plugins", "/api/admin/plugins"),
        ("/api/admin/dead-letters", "/api/admin/dead-letters?limit=3"),
        ("/api/admin/webhooks", "/api/admin/webhooks"),
        (
            "/api/admin/types/{type}/states",
            "/api/admin/types/order/states",
        ),
        (
            "/api/admin/actors/{type}",
            "/api/admin/actors/kitchen?q=apol",
        ),
        (
            "/api/admin/actors/{type}/{key}",
            "/api/admin/actors/kitchen/napoli",
        ),
        (
            "/api/admin/actors/{type}/{key}/history",
            "/api/admin/actors/kitchen/napoli/history?limit=3",
        ),
        (
            "/api/admin/streams/{stream}/{key}",
            "/api/admin/streams/kitchen-events/napoli?limit=3",
        ),
    ] {
        walk.row("GET", template)
            .good(200, path, None)
            .not_for("manager", path, None);
    }
    walk.row("GET", "/api/admin/audit")
        .bad(400, "/api/admin/audit?color=red", None)
        .bad(400, "/api/admin/audit?limit=1001", None);
    walk.row("GET", "/api/admin/types/{type}/states")
        .bad(404, "/api/admin/types/nothing/states", None)
        .bad(422, "/api/admin/types/a%20b/states", None);
    walk.row("GET", "/api/admin/actors/{type}")
        .bad(404, "/api/admin/actors/nothing", None);
    walk.row("GET", "/api/admin/actors/{type}/{key}").bad(
        422,
        "/api/admin/actors/kitchen/a%20b",
        None,
    );
    walk.row("GET", "/api/admin/dead-letters/{id}")
        .bad(404, "/api/admin/dead-letters/4711", None)
        .bad(400, "/api/admin/dead-letters/x", None);
    let stream = "/api/admin/stream";
    let mut open = sse::Reader::open(walk.pizza.http, stream, None);
    assert_eq!(open.next().expect("an event").kind, "stats");
    walk.row("GET", stream).not_for("kitchen", stream, None);
}

pub(crate) fn acts(walk: &mut Walk) {
    let current = walk.pizza.get("/api/admin/plans").json()["plans"][0]["current"].clone();
    let current = current.as_str().expect("a digest").to_owned();
    let one = format!("/api/admin/modules/{current}");
    walk.row("GET", "/api/admin/modules/{digest}")
        .good(200, &one, None)
        .bad(404, "/api/admin/modules/ffff0000ffff", None);
    let diff = format!("{one}/diff/{current}");
    walk.row("GET", "/api/admin/modules/{old}/diff/{new}")
        .good(200, &diff, None);
    let act = |path: &str| format!("{one}/{path}");
    walk.row("POST", "/api/admin/modules/{digest}/activate")
        .good(200, &act("activate"), Some(json!({})))
        .bad(412, &act("activate"), Some(json!({"version": 4_711})))
        .bad(422, &act("activate"), Some(json!({"percent": 0})))
        .not_for("observer", &act("activate"), None);
    walk.row("POST", "/api/admin/modules/{digest}/dry-run")
        .good(200, &act("dry-run"), None)
        .not_for("observer", &act("dry-run"), None);
    walk.row("POST", "/api/admin/modules/{digest}/withdraw")
        .bad(409, &act("withdraw"), Some(json!({"why": "it serves"})))
        .bad(422, &act("withdraw"), Some(json!({})));
    walk.row("DELETE", "/api/admin/modules/{digest}/withdraw")
        .bad(404, &act("withdraw"), None);
    walk.row("DELETE", "/api/admin/modules/{digest}")
        .bad(409, &one, None);
    walk.row("POST", "/api/admin/types/{type}/rollback")
        .bad(409, "/api/admin/types/order/rollback", None)
        .bad(
            412,
            "/api/admin/types/order/rollback",
            Some(json!({"version": 4_711})),
        )
        .bad(404, "/api/admin/types/nothing/rollback", None);
    walk.row("POST", "/api/admin/modules").bad(
        415,
        "/api/admin/modules?type=order",
        Some(json!({})),
    );
    walk.row("POST", "/api/admin/dead-letters/{id}/replay").bad(
        404,
        "/api/admin/dead-letters/4711/replay",
        None,
    );
    walk.row("DELETE", "/api/admin/dead-letters/{id}")
        .bad(404, "/api/admin/dead-letters/4711", None)
        .not_for("observer", "/api/admin/dead-letters/4711", None);
    webhooks(walk);
    let none: Option<Value> = None;
    walk.row("DELETE", "/api/admin/plugins/{type}/{key}").bad(
        404,
        "/api/admin/plugins/kitchen/napoli",
        none,
    );
    walk.row("POST", "/api/admin/actors/{type}/{key}/deactivate")
        .good(200, "/api/admin/actors/kitchen/napoli/deactivate", None)
        .bad(404, "/api/admin/actors/nothing/napoli/deactivate", None);
}

/// There is none in this pizzeria.
fn webhooks(walk: &mut Walk) {
    for (method, template) in [
        ("GET", "/api/admin/webhooks/{name}"),
        ("GET", "/api/admin/webhooks/{name}/dead-letters"),
        ("GET", "/api/admin/webhooks/{name}/dead-letters/{id}"),
        ("DELETE", "/api/admin/webhooks/{name}/dead-letters/{id}"),
        (
            "POST",
            "/api/admin/webhooks/{name}/dead-letters/{id}/replay",
        ),
        ("POST", "/api/admin/webhooks/{name}/switch-on"),
        ("POST", "/api/admin/webhooks/{name}/test"),
    ] {
        let path = template.replace("{name}", "none").replace("{id}", "4711");
        let walk = walk.row(method, template).bad(404, &path, None);
        if method != "GET" {
            walk.not_for("observer", &path, None);
        }
    }
}
