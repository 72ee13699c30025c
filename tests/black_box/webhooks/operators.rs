//! What operators see, and may ask for.

use std::process::Command;

use serde_json::json;

use crate::common::operator::{complained, json_of, succeeded};
use crate::common::request;
use crate::webhooks::receiver::Receiver;
use crate::webhooks::world::{SECRET, World, section};

#[test]
fn a_test_message_arrives_and_no_secret_is_shown() {
    let receiver = Receiver::start();
    let config = section(&receiver, "").replace("/hook", "/hook?key=sesame");
    let world = World::new(&config);
    let told = succeeded(&world.verb(&["webhook", "test", "hook"]));
    assert!(told.contains("acknowledged"), "{told}");
    let ping = receiver.deliveries().remove(0);
    assert_eq!(
        (&*ping.path, &ping.json["type"]),
        ("/hook?key=sesame", &json!("ping"))
    );
    receiver.answers(|_| (500, String::new()));
    let told = complained(&world.verb(&["webhook", "test", "hook"]));
    assert!(told.contains("500"), "{told}");
    let told = complained(&world.verb(&["webhook", "test", "other"]));
    assert!(told.contains("no webhook other"), "{told}");

    let by_admin = json_of(&world.verb(&["webhook", "list", "--json"]));
    let observer = format!("Bearer {}", world.pizza.tokens["observer"]);
    let headers = [("authorization", observer.as_str())];
    let http = world.pizza.http;
    let by_gateway = request(http, "GET", "/api/admin/webhooks", &headers, None);
    assert_eq!(by_gateway.status, 200, "{}", by_gateway.text());
    assert_eq!(
        by_gateway.json()["webhooks"][0]["name"],
        by_admin["webhooks"][0]["name"]
    );
    let table = succeeded(&world.verb(&["webhook", "list"]));
    for shown in [table, by_admin.to_string(), by_gateway.text()] {
        assert!(shown.contains("hook"), "{shown}");
        for secret in ["sesame", SECRET, &SECRET["whsec_".len()..]] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let refused = request(
        http,
        "POST",
        "/api/admin/webhooks/hook/test",
        &headers,
        None,
    );
    assert_eq!(refused.status, 403, "{}", refused.text());
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_before_anything_else_happens() {
    let data = tempfile::tempdir().expect("a directory");
    let file = data.path().join("pizza.toml");
    let config = "[[webhooks]]\nname = \"hook\"\nurl = \"http://a.example/\"\nsecrets = []\n";
    std::fs::write(&file, config).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args([
            "--http",
            "127.0.0.1:0",
            "--https",
            "off",
            "--mqtt",
            "off",
            "--mqtts",
            "off",
        ])
        .args(["--admin", "127.0.0.1:0", "--config"])
        .arg(&file)
        .arg("--data")
        .arg(data.path().join("data"))
        .output()
        .expect("the binary runs");
    let told = complained(&output);
    assert!(told.contains("allow_http"), "{told}");
    assert!(!data.path().join("data").exists());
}
