//! Sessions of pages: signing in and out, how long that lasts, and who is kept out.

use std::sync::atomic::Ordering;

use pizza_client::edge_keys::EdgeKeys;
use pizza_gateway::{GatewayConfig, Provided, Role, Secret, TokenConfig};
use serde_json::{Value, json};

use crate::fake::{Fake, order};
use crate::socket::{Answer, Server};

const HOUR_MS: u64 = 3_600_000;
const SAME_ORIGIN: &str = "sec-fetch-site: same-origin";

fn token(token: &str, role: Role, subject: &str) -> TokenConfig {
    TokenConfig {
        token: Secret::from(token),
        role,
        subject: subject.to_owned(),
    }
}

fn strict() -> GatewayConfig {
    GatewayConfig {
        anonymous_on_loopback: false,
        tokens: vec![
            token("of-napoli", Role::Manager, "napoli"),
            token("of-roma", Role::Manager, "roma"),
            token("of-ada", Role::Customer, "customer-1"),
            token("looks", Role::Observer, ""),
        ],
        ..GatewayConfig::default()
    }
}

async fn furnished(config: GatewayConfig, lends_roles: bool) -> Server {
    let provided = Provided {
        lends_roles,
        ..Provided::default()
    };
    let server = Server::provided_with(config, provided).await;
    let found = json!({"ok": order("order-1", "created", 1)});
    for method in ["order.get", "order.cancel"] {
        server.fake.answers(method, Ok(found.clone()));
    }
    server.fake.answers("restaurant.drivers", Ok(json!([])));
    server
}

/// What an answer sets as the cookie of this name, with its attributes.
pub(crate) fn set(answer: &Answer, name: &str) -> Option<(String, String)> {
    answer.headers("set-cookie").find_map(|all| {
        let (cookie, attributes) = all.split_once("; ")?;
        let value = cookie.strip_prefix(&format!("{name}="))?;
        Some((value.to_owned(), attributes.to_owned()))
    })
}

async fn sign_in(server: &Server, body: &Value) -> String {
    let answer = server.send(&format!("POST /api/session\n\n{body}")).await;
    assert_eq!((answer.status, &*answer.body), (204, ""), "{answer:?}");
    set(&answer, "pizza_session").expect("a cookie").0
}

async fn with(server: &Server, cookie: &str, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let head = format!("{head}\ncookie: theme=dark; pizza_session={cookie}");
    server.send_bytes(&head, body.as_bytes()).await
}

async fn who(server: &Server, cookie: &str) -> Value {
    with(server, cookie, "GET /api/session").await.json()
}

fn later(fake: &Fake, ms: u64) {
    fake.elapsed_ms.fetch_add(ms, Ordering::Relaxed);
}

#[tokio::test]
async fn a_token_is_changed_for_a_cookie_that_no_script_reads() {
    let server = furnished(strict(), false).await;
    let signed_in = server
        .send("POST /api/session\n\n{\"token\":\"of-napoli\"}")
        .await;
    assert_eq!(signed_in.status, 204);
    let (cookie, attributes) = set(&signed_in, "pizza_session").expect("a cookie");
    assert_eq!(
        attributes,
        "Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"
    );
    assert!(!cookie.contains("napoli"), "nothing in it is to be read");
    let told = who(&server, &cookie).await;
    assert_eq!(told["role"], "manager");
    assert_eq!(
        (&told["subject"], &told["restaurantId"]),
        (&json!("napoli"), &json!("napoli"))
    );
    assert_eq!(told["serverTime"], "2023-11-14T22:13:20.000Z");
    assert_eq!(told["expiresAt"], "2023-11-15T10:13:20.000Z");
    assert_eq!(told["demoRoles"], json!([]));
    // What it opens is what the token opens.
    let own = "GET /api/restaurants/napoli/drivers";
    assert_eq!(with(&server, &cookie, own).await.status, 200);
    let other = with(&server, &cookie, "GET /api/restaurants/roma/drivers").await;
    other.problem(403, "forbidden");
}

#[tokio::test]
async fn over_tls_a_session_has_a_name_that_nobody_sets_without() {
    let server = furnished(strict(), false).await;
    let over_tls = "POST /api/session\nx-forwarded-proto: https\n\n{\"token\":\"of-napoli\"}";
    let signed_in = server.send(over_tls).await;
    let name = "__Host-pizza_session";
    let (session, attributes) = set(&signed_in, name).expect("a cookie");
    assert!(attributes.starts_with("Path=/; ") && attributes.ends_with("; Secure"));
    assert_eq!(set(&signed_in, "pizza_session"), None);
    // What was set without TLS says nothing over it, and the reverse.
    let plain = sign_in(&server, &json!({"token": "of-roma"})).await;
    let both = format!("cookie: pizza_session={plain}; {name}={session}");
    let told = server.send(&format!("GET /api/session\n{both}")).await;
    assert_eq!(told.json()["subject"], "roma");
    let told = format!("GET /api/session\nx-forwarded-proto: https\n{both}");
    assert_eq!(server.send(&told).await.json()["subject"], "napoli");
    let own = "GET /api/restaurants/roma/drivers\nx-forwarded-proto: https";
    let plain = format!("{own}\ncookie: pizza_session={plain}");
    server.send(&plain).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn an_answer_that_comes_late_renews_no_session_that_was_left() {
    let server = furnished(strict(), false).await;
    let cookie = sign_in(&server, &json!({"token": "of-napoli"})).await;
    let own = "GET /api/restaurants/napoli/drivers";
    assert_eq!(with(&server, &cookie, own).await.status, 200);
    let asked = server.fake.times_asked("drivers");
    later(&server.fake, HOUR_MS);
    server.fake.held.send_replace(true);
    let mut slow = server.connect().await;
    slow.write(&format!("{own}\ncookie: pizza_session={cookie}"), b"")
        .await;
    server.fake.has_been_asked_times("drivers", asked + 1).await;
    let out = format!("DELETE /api/session\n{SAME_ORIGIN}");
    let out = with(&server, &cookie, &out).await;
    let (since, attributes) = set(&out, "pizza_since").expect("a cookie");
    // No session that was begun before lasts longer.
    assert!(attributes.contains("Max-Age=604800;"), "{attributes}");
    server.fake.held.send_replace(false);
    let renewed = set(&slow.read().await, "pizza_session").expect("a younger one");
    let of_browser = |session: &str| format!("{session}; pizza_since={since}");
    with(&server, &of_browser(&renewed.0), own)
        .await
        .problem(401, "unauthorized");
    // Signed in again within the same millisecond, by whoever has left.
    let again = "POST /api/session\ncookie: pizza_since=";
    let again = format!("{again}{since}\n\n{{\"token\":\"of-napoli\"}}");
    let again = server.send(&again).await;
    let (session, _) = set(&again, "pizza_session").expect("a cookie");
    let (since, _) = set(&again, "pizza_since").expect("a cookie");
    let of_browser = |session: &str| format!("{session}; pizza_since={since}");
    assert_eq!(with(&server, &of_browser(&session), own).await.status, 200);
    // The same where somebody else has signed in without leaving.
    with(&server, &of_browser(&renewed.0), own)
        .await
        .problem(401, "unauthorized");
    // What cannot be a date of ours is passed over.
    for since in ["", "x", "-1", "99999999999999999999", "9999999999999"] {
        let cookie = format!("{session}; pizza_since={since}");
        assert_eq!(with(&server, &cookie, own).await.status, 200, "{since}");
    }
}

#[tokio::test]
async fn whoever_shows_no_session_that_counts_is_nobody() {
    let server = furnished(strict(), false).await;
    let wrong = server
        .send("POST /api/session\n\n{\"token\":\"other\"}")
        .await;
    wrong.problem(401, "unauthorized");
    assert_eq!(wrong.header("set-cookie"), None);
    let lent = "POST /api/session\n\n{\"demoRole\":{\"role\":\"admin\"}}";
    server.send(lent).await.problem(403, "forbidden");
    for body in [
        "{}",
        "{\"token\":1}",
        "{\"token\":\"a\",\"demoRole\":{\"role\":\"admin\"}}",
    ] {
        let answer = server.send(&format!("POST /api/session\n\n{body}")).await;
        answer.problem(422, "invalid");
    }
    let own = "GET /api/restaurants/napoli/drivers";
    let cookie = sign_in(&server, &json!({"token": "of-napoli"})).await;
    let mut changed = cookie.clone().into_bytes();
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("text");
    for cookie in ["", "x", "AAAA", &changed] {
        with(&server, cookie, own)
            .await
            .problem(401, "unauthorized");
        let told = with(&server, cookie, "GET /api/session").await;
        assert_eq!(told.json()["role"], "nobody", "{cookie}");
        // So that the page is who it would be without it.
        let (value, attributes) = set(&told, "pizza_session").expect("a cookie");
        assert!(
            value.is_empty() && attributes.contains("Max-Age=0"),
            "{attributes}"
        );
    }
    // A token counts more than a session, also a wrong one.
    let both = format!("{own}\nauthorization: Bearer wrong");
    with(&server, &cookie, &both)
        .await
        .problem(401, "unauthorized");
    let both = format!("{own}\nauthorization: Bearer of-roma");
    with(&server, &cookie, &both)
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn a_session_lasts_while_it_is_used_and_a_week_at_most() {
    let server = furnished(strict(), false).await;
    let mut cookie = sign_in(&server, &json!({"token": "of-napoli"})).await;
    let own = "GET /api/restaurants/napoli/drivers";
    let at_once = with(&server, &cookie, own).await;
    assert_eq!(set(&at_once, "pizza_session"), None);
    later(&server.fake, HOUR_MS / 4);
    let first = cookie.clone();
    for _ in 0..16 {
        let used = with(&server, &cookie, own).await;
        assert_eq!(used.status, 200);
        cookie = set(&used, "pizza_session").expect("a younger one").0;
        later(&server.fake, 10 * HOUR_MS);
    }
    // Of the week seven hours and three quarters are left, less than twelve.
    let used = with(&server, &cookie, own).await;
    let (younger, attributes) = set(&used, "pizza_session").expect("a younger one");
    assert!(attributes.contains("Max-Age=27900;"), "{attributes}");
    with(&server, &first, own)
        .await
        .problem(401, "unauthorized");
    later(&server.fake, 8 * HOUR_MS);
    with(&server, &younger, own)
        .await
        .problem(401, "unauthorized");
    let unused = sign_in(&server, &json!({"token": "of-napoli"})).await;
    later(&server.fake, 12 * HOUR_MS);
    with(&server, &unused, own)
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn other_gateways_know_a_session_as_long_as_its_token_is_one() {
    let keys = EdgeKeys::new(0);
    let with_keys = async |config| {
        let server = furnished(config, false).await;
        *server.fake.keys.lock().expect("unpoisoned") = Some(keys.clone());
        server
    };
    let one = with_keys(strict()).await;
    let cookie = sign_in(&one, &json!({"token": "of-napoli"})).await;
    let mut turned = strict();
    turned.tokens.reverse();
    let other = with_keys(turned).await;
    assert_eq!(who(&other, &cookie).await["subject"], "napoli");
    let mut revoked = strict();
    revoked.tokens.remove(0);
    let revoked = with_keys(revoked).await;
    let own = "GET /api/restaurants/napoli/drivers";
    with(&revoked, &cookie, own)
        .await
        .problem(401, "unauthorized");
    // A new key seals, and the one before still opens.
    let renewed = keys.renewed(8 * 24 * HOUR_MS).expect("due");
    let later = furnished(strict(), false).await;
    *later.fake.keys.lock().expect("unpoisoned") = Some(renewed.clone());
    assert_eq!(who(&later, &cookie).await["subject"], "napoli");
    let twice = renewed.renewed(16 * 24 * HOUR_MS).expect("due");
    let much_later = furnished(strict(), false).await;
    *much_later.fake.keys.lock().expect("unpoisoned") = Some(twice);
    assert_eq!(who(&much_later, &cookie).await["role"], "nobody");
}

#[tokio::test]
async fn a_session_commands_only_for_a_page_of_ours() {
    let server = furnished(strict(), false).await;
    let cookie = sign_in(&server, &json!({"token": "of-napoli"})).await;
    let cancel = "POST /api/orders/order-1/cancel";
    for (headers, status) in [
        (SAME_ORIGIN, 200),
        ("origin: http://localhost", 200),
        ("origin: http://localhost\nsec-fetch-site: same-origin", 200),
        ("accept: */*", 403),
        ("sec-fetch-site: none", 403),
        ("sec-fetch-site: same-site", 403),
        ("sec-fetch-site: cross-site", 403),
        ("origin: http://localhost:5001", 403),
        ("origin: http://evil.example", 403),
        ("origin: null", 403),
    ] {
        let answer = with(&server, &cookie, &format!("{cancel}\n{headers}")).await;
        assert_eq!(answer.status, status, "{headers}");
        if status == 403 {
            answer.problem(403, "other-origin");
        }
    }
    // What only reads needs none of that.
    let read = with(&server, &cookie, "GET /api/orders/order-1").await;
    assert_eq!(read.status, 200);
}

#[tokio::test]
async fn signing_out_removes_the_cookie_and_does_not_renew_it() {
    let server = furnished(strict(), false).await;
    let cookie = sign_in(&server, &json!({"token": "of-napoli"})).await;
    later(&server.fake, HOUR_MS);
    let out = with(
        &server,
        &cookie,
        &format!("DELETE /api/session\n{SAME_ORIGIN}"),
    )
    .await;
    assert_eq!(out.status, 204);
    let (value, attributes) = set(&out, "pizza_session").expect("a cookie");
    assert!(
        value.is_empty() && attributes.contains("Max-Age=0"),
        "{attributes}"
    );
}

#[tokio::test]
async fn roles_of_the_demo_are_for_its_own_machine() {
    let demo = GatewayConfig {
        anonymous_on_loopback: true,
        ..strict()
    };
    let server = furnished(demo.clone(), true).await;
    let told = server.send("GET /api/session").await.json();
    assert_eq!(told["role"], "local");
    assert_eq!(told["demoRoles"][0]["role"], "manager");
    assert_eq!(told["demoRoles"][0]["restaurantId"], "napoli");
    let body = json!({"demoRole": {"role": "manager", "subject": "roma"}});
    let cookie = sign_in(&server, &body).await;
    assert_eq!(who(&server, &cookie).await["subject"], "roma");
    let other = with(&server, &cookie, "GET /api/restaurants/napoli/drivers").await;
    other.problem(403, "forbidden");
    // By a proxy it is somebody else.
    let handed_on = "GET /api/orders/order-1\nx-forwarded-for: 203.0.113.9";
    with(&server, &cookie, handed_on)
        .await
        .problem(401, "unauthorized");
    let handed_on = format!("POST /api/session\nx-forwarded-for: 203.0.113.9\n\n{body}");
    server.send(&handed_on).await.problem(403, "forbidden");
    let no_demo = furnished(demo, false).await;
    let refused = no_demo.send(&format!("POST /api/session\n\n{body}")).await;
    refused.problem(403, "forbidden");
}

#[tokio::test]
async fn an_observer_looks_at_everything_and_does_nothing() {
    let server = furnished(strict(), false).await;
    let cookie = sign_in(&server, &json!({"token": "looks"})).await;
    for read in [
        "/api/orders/order-1",
        "/api/restaurants/roma/drivers",
        "/openapi.json",
    ] {
        let answer = with(&server, &cookie, &format!("GET {read}")).await;
        assert_eq!(answer.status, 200, "{read}");
    }
    // There are no metrics here, which only those are told who may see them.
    with(&server, &cookie, "GET /metrics")
        .await
        .problem(404, "not-found");
    for command in [
        "POST /api/orders/order-1/cancel",
        "POST /api/orders\n\n{\"customerId\":\"c\",\"pizzaType\":\"M\"}",
        "POST /api/actors/order/order-1/get",
        "PUT /api/drivers/driver-1/status\n\n{\"status\":\"available\"}",
    ] {
        let (head, body) = command.split_once("\n\n").unwrap_or((command, ""));
        let command = format!("{head}\n{SAME_ORIGIN}\n\n{body}");
        with(&server, &cookie, &command)
            .await
            .problem(403, "forbidden");
    }
}

#[tokio::test]
async fn without_keys_nobody_signs_in_and_tokens_still_count() {
    let server = furnished(strict(), false).await;
    server.fake.has_no_keys.store(true, Ordering::Relaxed);
    let refused = server
        .send("POST /api/session\n\n{\"token\":\"of-napoli\"}")
        .await;
    refused.problem(503, "unavailable");
    let by_token = "GET /api/orders/order-1\nauthorization: Bearer of-napoli";
    assert_eq!(server.send(by_token).await.status, 200);
}

#[tokio::test]
async fn a_session_has_the_limit_of_its_token() {
    let config = GatewayConfig {
        rate_per_second: 1,
        rate_burst: 3,
        ..strict()
    };
    let server = furnished(config, false).await;
    let cookie = sign_in(&server, &json!({"token": "of-napoli"})).await;
    let mut last = 0;
    for _ in 0..5 {
        last = with(&server, &cookie, "GET /api/orders/order-1")
            .await
            .status;
    }
    assert_eq!(last, 429);
}
