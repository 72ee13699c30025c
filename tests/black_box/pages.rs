//! The pages and their sessions, of the whole program.

use serde_json::json;

use crate::common::{Answer, Pizza, request};

const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    set.split(';').next().expect("a pair").to_owned()
}

fn ask(pizza: &Pizza, method: &str, path: &str, cookie: &str) -> Answer {
    let headers = [("cookie", cookie), SAME_ORIGIN];
    request(pizza.http, method, path, &headers, None)
}

#[test]
fn the_program_serves_its_pages_or_says_why_there_are_none() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let told = pizza.get("/api/session").json();
    let is_present = told["ui"] == "present";
    assert_eq!(
        (&told["role"], &told["durability"]),
        (&json!("local"), &json!("fsync"))
    );
    for path in ["/", "/track/order-1", "/kitchen/napoli"] {
        let page = pizza.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(
            page.header("content-type").as_deref(),
            Some("text/html; charset=utf-8")
        );
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let text = page.text();
        // Without the user interface, the way to the API's documentation.
        assert_eq!(text.contains("/docs/"), !is_present, "{text}");
        assert!(!text.contains("{reason}"), "{text}");
    }
    assert_eq!(pizza.get("/nothing").status, 404);
    let version = pizza.get("/health/live").header("x-pizza-version");
    assert_eq!(version.as_deref(), told["version"].as_str());
    assert!(version.is_some_and(|version| version.starts_with("0.1.0+")));
}

#[test]
fn a_session_outlives_the_process() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let token = json!({"token": pizza.tokens["manager"]});
    let signed_in = pizza.post("/api/session", &token);
    assert_eq!(signed_in.status, 204, "{}", signed_in.text());
    let session = cookie(&signed_in);
    let body = json!({"customerId": "c", "pizzaType": "Margherita"});
    let order = pizza.post("/api/orders", &body).json();
    let id = order["orderId"].as_str().expect("an id").to_owned();
    let key = json!({"trackingKey": order["trackingKey"]});
    pizza.kill();
    let pizza = Pizza::start(data.path(), &[]);
    let told = ask(&pizza, "GET", "/api/session", &session).json();
    assert_eq!(
        (&told["role"], &told["subject"]),
        (&json!("manager"), &json!("napoli"))
    );
    let own = ask(&pizza, "GET", "/api/restaurants/napoli/metrics", &session);
    assert_eq!(own.status, 200);
    let generic = ask(&pizza, "POST", "/api/actors/order/x/get", &session);
    assert_eq!(generic.status, 403, "a session has its token's rights");
    let opened = pizza.post(&format!("/api/orders/{id}/session"), &key);
    assert_eq!(opened.status, 204, "{}", opened.text());
    let out = ask(&pizza, "DELETE", "/api/session", &session);
    assert_eq!((out.status, cookie(&out).as_str()), (204, "pizza_session="));
    // Somebody who handed it on: neither this machine nor anybody, but for the link.
    let elsewhere = |cookie: &str| {
        let headers = [("cookie", cookie), ("x-forwarded-for", "203.0.113.9")];
        request(
            pizza.http,
            "GET",
            &format!("/api/orders/{id}"),
            &headers,
            None,
        )
    };
    assert_eq!(elsewhere("theme=dark").status, 401);
    assert_eq!(elsewhere(&cookie(&opened)).status, 200);
}
