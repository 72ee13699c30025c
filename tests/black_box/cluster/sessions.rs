//! Gateways in processes of their own know each other's sessions and links: what they are sealed by is
//! in the store.

use serde_json::json;

use super::process::{gateway, silo};
use super::redis::Redis;
use crate::common::request;

#[test]
fn a_session_of_one_gateway_counts_at_the_other_one() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let token = "the-token-of-the-manager-of-this-test";
    let config = format!(
        "[[gateway.tokens]]\ntoken = \"{token}\"\nrole = \"manager\"\nsubject = \"napoli\"\n"
    );
    std::fs::write(data.path().join("pizza.toml"), config).expect("written");
    let one = silo(&redis.url, data.path(), "one", &[]);
    let two = silo(&redis.url, data.path(), "two", &[]);
    // Each asks another silo, so that the two must have agreed.
    let [first, second] = [
        gateway(data.path(), "web", &[one.address]),
        gateway(data.path(), "other", &[two.address]),
    ];
    let body = json!({"token": token}).to_string();
    let json = [("content-type", "application/json")];
    let path = "/api/session";
    let signed_in = request(first.address, "POST", path, &json, Some(body.as_bytes()));
    assert_eq!(signed_in.status, 204, "{}", signed_in.text());
    let set = signed_in.header("set-cookie").expect("a cookie");
    let cookie = set.split(';').next().expect("a pair");
    for web in [&first, &second] {
        let told = request(web.address, "GET", path, &[("cookie", cookie)], None).json();
        assert_eq!(told["subject"], "napoli", "{told}");
        // Who keeps things is another process, and no role is lent by this one.
        assert!(told.get("durability").is_none() && told["demoRoles"] == json!([]));
    }
}
