//! Who is let in from elsewhere, by which door, and what the operator is told of it.

mod connection_floods;
mod cross_origin;
mod exposed;

use crate::common::{Pizza, request};

#[test]
fn tokens_and_tls_work_from_elsewhere() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let from_elsewhere = ("x-forwarded-for", "203.0.113.9");
    let list = |headers: &[(&str, &str)]| {
        request(pizza.http, "GET", "/api/restaurants", headers, None).status
    };
    assert_eq!(list(&[from_elsewhere]), 401);
    assert_eq!(pizza.tokens.len(), 6, "one for each role");
    for token in pizza.tokens.values() {
        let token = format!("Bearer {token}");
        assert_eq!(list(&[from_elsewhere, ("authorization", &token)]), 200);
    }
    let again = pizza.tokens.clone();
    assert!(pizza.stop().success());
    let pizza = Pizza::start(data.path(), &[]);
    assert_eq!(pizza.tokens, again, "they stay as they are");
    let key = data.path().join("tls/key.pem");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&key).expect("a key").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let certificate = data.path().join("tls/certificate.pem");
    let asked = std::process::Command::new("curl")
        .args(["--silent", "--fail", "--cacert"])
        .arg(certificate)
        .arg(format!("https://{}/api/restaurants", pizza.https))
        .output()
        .expect("curl runs");
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(said.contains("napoli"), "{asked:?}");
}

#[test]
fn metrics_tell_what_happens() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let read = |series: &str| -> f64 {
        let text = pizza.get("/metrics").text();
        let mut lines = text.lines();
        let line = lines.find(|line| line.starts_with(series));
        let line = line.unwrap_or_else(|| panic!("no {series} in {text}"));
        let value = line.rsplit(' ').next().expect("a value");
        value.parse().expect("a number")
    };
    let turns = "pizza_turns_total{type=\"order\",outcome=\"done\"}";
    let before = read(turns);
    pizza.order();
    assert!(read(turns) > before);
    let made = "pizza_http_requests_total{route=\"/api/orders\",method=\"POST\",status=\"201\"}";
    assert_eq!(read(made).to_string(), "1");
    assert!(read("pizza_actors_in_memory") >= 3.0);
    assert!(read("pizza_turn_seconds_count{type=\"order\"}") >= 1.0);
    assert!(read("pizza_store_group_seconds_count") >= 1.0);
    assert!(read("pizza_resident_bytes") > 1e6);
    // What clients make up is no series of its own.
    let made_up = request(pizza.http, "PIZZA", "/api/orders", &[], None);
    assert_eq!(made_up.status, 405);
    assert!(!pizza.get("/metrics").text().contains("PIZZA"));
}
