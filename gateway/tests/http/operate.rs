//! What is for operators: who gets through to a silo, with what, and what comes back.

mod silo;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::socket::{Answer, Connection, Server};
use silo::{Silo, TOKEN, gateway, json_of, problem};

async fn as_role(server: &Server, who: &str, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let head = format!("{head}\nauthorization: Bearer {who}");
    server.send_bytes(&head, body.as_bytes()).await
}

/// The paths of all commands, as the document has them, with something that fits in each place.
async fn commands(server: &Server) -> Vec<(String, String)> {
    let document = server.send("GET /openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    let admin = paths
        .iter()
        .filter(|(path, _)| path.starts_with("/api/admin/"));
    let all = admin.flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        let path = path.replace("{id}", "1").replace("{digest}", "ab12");
        let path = path.replace("{old}", "ab12").replace("{new}", "ab13");
        methods.map(move |method| (method.to_uppercase(), path.replace(['{', '}'], "")))
    });
    all.collect()
}

#[tokio::test]
async fn observers_look_at_all_of_it_and_do_nothing() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    let all = commands(&server).await;
    assert!(all.len() > 20, "{all:?}");
    for (method, path) in all {
        let request = format!("{method} {path}");
        for nobody in ["managers", "nobodys"] {
            let refused = as_role(&server, nobody, &request).await;
            assert!(
                [401, 403].contains(&refused.status),
                "{request}: {refused:?}"
            );
        }
        let before = silo.asked().len();
        if method == "GET" {
            // It never ends; the test of the stream reads it.
            if path.ends_with("/stream") {
                continue;
            }
            let seen = as_role(&server, "observers", &request).await;
            assert_ne!(seen.status, 403, "{request}");
            assert!(silo.asked().len() > before, "{request}");
        } else {
            let refused = as_role(&server, "observers", &request).await;
            refused.problem(403, "forbidden");
            assert_eq!(silo.asked().len(), before, "{request} reached the silo");
        }
    }
}

#[tokio::test]
async fn the_gateways_own_token_opens_the_silo_and_is_told_to_nobody() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    silo.answers("GET /plugins", 200, r#"{"plugins":[{"actor":"pot/<b>"}]}"#);
    let answer = as_role(&server, "admins", "GET /api/admin/plugins").await;
    assert_eq!(
        (answer.status, answer.json()["plugins"][0]["actor"].as_str()),
        (200, Some("pot/<b>"))
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(silo.last().authorization, format!("Bearer {TOKEN}"));
    assert!(!format!("{answer:?}").contains(TOKEN));
    // What somebody else shows is not handed on.
    let asked = "GET /api/admin/plugins\nx-module-signature: none\ncookie: a=b";
    as_role(&server, "admins", asked).await;
    assert_eq!(silo.last().signature, None);
}

#[tokio::test]
async fn a_token_that_silos_do_not_take_is_no_fault_of_who_asks() {
    let (_silo, address) = Silo::start().await;
    let server = gateway(&[address], "another-token-of-operators").await;
    let answer = as_role(&server, "admins", "GET /api/admin/plugins").await;
    // Not 401: a page would sign in again, in vain.
    let told = answer.problem(503, "unavailable");
    assert!(!told.to_string().contains("another-token"), "{told}");
}

#[tokio::test]
async fn a_gateway_without_the_token_of_operators_says_so() {
    let server = Server::start().await;
    let told = server
        .send("GET /api/admin/stats")
        .await
        .problem(404, "not-found");
    assert!(
        told["detail"]
            .as_str()
            .expect("text")
            .contains("--admin-token"),
        "{told}"
    );
    assert_eq!(
        server.send("GET /api/session").await.json()["canOperate"],
        false
    );
}

#[tokio::test]
async fn another_silo_is_asked_where_one_is_gone() {
    let (silo, address) = Silo::start().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let nobody = gone.local_addr().expect("an address").to_string();
    drop(gone);
    let server = gateway(&[nobody.clone(), address], TOKEN).await;
    silo.answers("POST /dead-letters/7/replay", 200, r#"{"id":7}"#);
    for _ in 0..4 {
        let answer = as_role(&server, "admins", "POST /api/admin/dead-letters/7/replay").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let server = gateway(&[nobody], TOKEN).await;
    let answer = as_role(&server, "admins", "GET /api/admin/plans").await;
    answer.problem(503, "unavailable");
}

#[tokio::test]
async fn refusals_of_a_silo_are_told_as_this_api_does() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    let rollback = "POST /api/admin/types/pot/rollback";
    for (status, code, expected) in [
        (409, "module-refused", "module-refused"),
        (412, "stale", "stale"),
        (404, "not-found", "not-found"),
        (422, "invalid", "invalid"),
        (503, "store", "unavailable"),
        (507, "storage-full", "storage-full"),
        (418, "teapot", "unexpected-reply"),
    ] {
        let told = problem(status, code, "<b>it breaks</b>");
        silo.answers("POST /module-types/pot/rollback", status, &told);
        let answer = as_role(
            &server,
            "admins",
            &format!("{rollback}\n\n{{\"version\":3}}"),
        )
        .await;
        let status = if status == 418 { 502 } else { status };
        let told = answer.problem(status, expected);
        assert_eq!(told["detail"], "<b>it breaks</b>");
        assert_eq!(json_of(&silo.last().body), json!({"version": 3}));
    }
    silo.answers(
        "POST /module-types/pot/rollback",
        500,
        "<html>a proxy</html>",
    );
    let answer = as_role(&server, "admins", rollback).await;
    answer.problem(502, "unexpected-reply");
}

#[tokio::test]
async fn bodies_are_checked_before_a_silo_is_asked() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    for (path, body) in [
        ("modules/ab12/activate", r#"{"percent":0}"#),
        ("modules/ab12/activate", r#"{"percent":101}"#),
        ("modules/ab12/activate", r#"{"silo":"one"}"#),
        ("modules/ab12/activate", r#"{"version":-1}"#),
        ("modules/ab12/withdraw", r#"{}"#),
        ("modules/ab12/withdraw", r#"{"why":""}"#),
        ("types/pot/rollback", r#"{"versoin":1}"#),
    ] {
        let answer = as_role(
            &server,
            "admins",
            &format!("POST /api/admin/{path}\n\n{body}"),
        )
        .await;
        answer.problem(422, "invalid");
    }
    assert_eq!(silo.asked(), [""; 0]);
    silo.answers("POST /modules/ab12/activate", 200, r#"{"plan":{}}"#);
    let body = r#"{"percent":10,"force":null}"#;
    let request = format!("POST /api/admin/modules/ab12/activate\n\n{body}");
    assert_eq!(as_role(&server, "admins", &request).await.status, 200);
    assert_eq!(json_of(&silo.last().body), json!({"percent": 10.0}));
}

/// A silo would take most of it, and another one something else.
#[tokio::test]
async fn what_the_document_does_not_allow_reaches_no_silo() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    let digits = "1".repeat(30);
    for (request, status, code) in [
        ("GET /api/admin/dead-letters?limit=0", 400, "malformed"),
        ("GET /api/admin/dead-letters?limit=101", 400, "malformed"),
        ("GET /api/admin/dead-letters?after=-1", 400, "malformed"),
        ("GET /api/admin/dead-letters/x", 400, "malformed"),
        ("DELETE /api/admin/dead-letters/+7", 400, "malformed"),
        ("GET /api/admin/audit?limit=1001", 400, "malformed"),
        ("GET /api/admin/audit?limit=", 400, "malformed"),
        ("GET /api/admin/audit?limit=1&limit=2", 400, "malformed"),
        ("GET /api/admin/audit?type=a%20b", 400, "malformed"),
        ("GET /api/admin/audit?color=red", 400, "malformed"),
        ("GET /api/admin/modules/ab1", 400, "malformed"),
        ("GET /api/admin/modules/ab12/diff/AB12", 400, "malformed"),
        ("GET /api/admin/types/a%20b/states", 422, "invalid-id"),
        ("GET /api/admin/actors/pot/%C3%A4", 422, "invalid-id"),
        ("GET /api/admin/streams/a%2Fb/c", 422, "invalid-id"),
        ("GET /api/admin/actors/pot?limit=1e3", 400, "malformed"),
        (
            &format!("GET /api/admin/streams/a/b?after={digits}"),
            400,
            "malformed",
        ),
    ] {
        let answer = as_role(&server, "admins", request).await;
        assert_eq!(answer.status, status, "{request}: {answer:?}");
        answer.problem(status, code);
    }
    assert_eq!(silo.asked(), [""; 0]);
    silo.answers("GET /module-audit", 200, r#"{"audit":[]}"#);
    let last = "GET /api/admin/audit?type=pot&limit=1000&after=0001";
    assert_eq!(as_role(&server, "admins", last).await.status, 200);
    let document = server.send("GET /openapi.json").await.json();
    let of = |path: &str| document["paths"][path]["get"]["parameters"].clone();
    assert_eq!(
        of("/api/admin/dead-letters")[1]["schema"]["maximum"],
        json!(100)
    );
    assert_eq!(of("/api/admin/audit")[1]["schema"]["maximum"], json!(1_000));
}

#[tokio::test]
async fn a_component_goes_to_the_silo_and_its_stages_come_back() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    let lines = "{\"stage\":\"verify\",\"tookUs\":3}\n{\"refused\":\"<b>\",\"stage\":\"check\"}\n";
    silo.answers("POST /modules", 200, lines);
    let head = "POST /api/admin/modules?type=pot\nauthorization: Bearer admins\n\
                content-type: application/wasm\nx-module-signature: {\"by\":\"me\"}";
    let mut connection = server.connect().await;
    connection.write(head, b"\0asm of a kind").await;
    let answer = connection.read_head().await.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    assert!(
        answer.contains("content-type: application/x-ndjson"),
        "{answer}"
    );
    let asked = silo.last();
    assert_eq!(asked.what, "POST /modules?type=pot");
    assert_eq!(asked.body, b"\0asm of a kind");
    assert_eq!(asked.signature.as_deref(), Some("{\"by\":\"me\"}"));
    let json = "POST /api/admin/modules?type=pot\n\n{}";
    as_role(&server, "admins", json)
        .await
        .problem(415, "unsupported-media-type");
}

/// The next event of a stream: its name and its data.
async fn event(stream: &mut Connection) -> (String, Value) {
    loop {
        let chunk = stream.chunk().await.expect("the stream goes on");
        assert!(!chunk.contains("id:"), "nobody goes on from it: {chunk}");
        let field = |name: &str| chunk.lines().find_map(|line| line.strip_prefix(name));
        if let (Some(kind), Some(data)) = (field("event: "), field("data: ")) {
            return (kind.to_owned(), json_of(data.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_stream_begins_with_everything_and_goes_on_with_what_changes() {
    let (silo, address) = Silo::start().await;
    let server = gateway(&[address], TOKEN).await;
    let mut stream = server.connect().await;
    let head = "GET /api/admin/stream\nauthorization: Bearer observers";
    stream.write(head, b"").await;
    assert!(stream.read_head().await.starts_with("HTTP/1.1 200"));
    let (kind, stats) = event(&mut stream).await;
    assert_eq!(kind, "stats");
    assert_eq!(
        (
            &stats["totals"]["breakersOpen"],
            &stats["silos"][0]["state"]
        ),
        (&json!(1), &json!("live"))
    );
    assert_eq!(stats["deadLetters"]["newest"]["error"], "<script>");
    let (kind, plan) = event(&mut stream).await;
    assert_eq!((&*kind, &plan["version"]), ("plan", &json!(1)));
    let (kind, audit) = event(&mut stream).await;
    assert_eq!(
        (&*kind, &audit["lines"][0]["detail"]),
        ("audit", &json!("<b>"))
    );
    let (kind, rates) = event(&mut stream).await;
    assert_eq!(
        (&*kind, &rates["rates"][0]["p99Us"]),
        ("rates", &json!(5_000))
    );
    silo.stands(2);
    let (kind, plan) = event(&mut stream).await;
    assert_eq!(
        (&*kind, &plan["version"]),
        ("plan", &json!(2)),
        "only what has changed"
    );
    let (kind, audit) = event(&mut stream).await;
    assert_eq!(
        (&*kind, &audit["lines"][0]["id"]),
        ("audit", &json!("0002"))
    );
    assert_eq!(audit["lines"].as_array().map(Vec::len), Some(1));
    // Whoever comes later is told everything, by the same look.
    let mut other = server.connect().await;
    other.write(head, b"").await;
    other.read_head().await;
    assert_eq!(event(&mut other).await.0, "stats");
    silo.answers(
        "GET /module-plans",
        503,
        &problem(503, "store", "it has stopped"),
    );
    let (kind, trouble) = event(&mut stream).await;
    assert_eq!(
        (&*kind, &trouble["why"]),
        ("trouble", &json!("it has stopped"))
    );
}

/// The first question of a gateway that has just begun is also one to all silos.
#[tokio::test]
async fn rates_are_of_all_silos_also_where_nobody_has_looked_for_them() {
    let (first, address) = Silo::start().await;
    let (second, other) = Silo::start().await;
    let member = |id: &str, address: &str| json!({"silo": id, "operators": address, "state": "live", "shards": 1});
    let members = [member("one.1", &address), member("two.1", &other)];
    let stats = json!({"silo": "one.1", "cluster": {"members": members}});
    first.answers("GET /stats", 200, &stats.to_string());
    second.answers("GET /stats", 200, &stats.to_string());
    let server = gateway(&[address], TOKEN).await;
    let rates = as_role(&server, "observers", "GET /api/admin/rates").await;
    assert_eq!(rates.json()["rates"][0]["turns"], 20, "{rates:?}");
    assert!(second.asked().contains(&"GET /rates".to_owned()));
}
