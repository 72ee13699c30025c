//! An order that has ended leaves the store after its time: it is in the archive, it answers 410, and
//! a start later it still does.

use std::fs;

use serde_json::{Value, json};

use crate::common::{Pizza, until};

const AT_ONCE: &str = "[silo.types.order]\nretire_after_ms = 1\n";

/// The lines of the archive.
fn archived(data: &std::path::Path) -> Vec<Value> {
    let Ok(folder) = fs::read_dir(data.join("archive")) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for file in folder {
        let text = fs::read_to_string(file.expect("readable").path()).expect("readable");
        let parsed = text.lines().map(serde_json::from_str::<Value>);
        lines.extend(parsed.map(|line| line.expect("JSON")));
    }
    lines
}

#[test]
fn an_order_that_has_ended_is_archived_and_gone() {
    let data = tempfile::tempdir().expect("a directory");
    let config = data.path().join("retiring.toml");
    fs::write(&config, AT_ONCE).expect("written");
    let options = ["--config", config.to_str().expect("a path")];
    let dir = data.path().join("data");
    let pizza = Pizza::start(&dir, &options);
    let (cancelled, open) = (pizza.order(), pizza.order());
    let reason = json!({"reason": "not hungry any more"});
    let cancel = pizza.post(&format!("/api/orders/{cancelled}/cancel"), &reason);
    assert_eq!(cancel.status, 200, "{}", cancel.text());

    let path = format!("/api/orders/{cancelled}");
    let gone = until("the order to be retired", || {
        Some(pizza.get(&path)).filter(|answer| answer.status != 200)
    });
    assert_eq!(gone.status, 410, "{}", gone.text());
    assert!(
        gone.json()["type"]
            .as_str()
            .is_some_and(|of| of.ends_with("retired"))
    );
    let again = pizza.post(&format!("{path}/cancel"), &reason);
    assert_eq!(again.status, 410, "{}", again.text());
    let lines = archived(&dir);
    let of_it = |line: &&Value| line.to_string().contains(&cancelled);
    assert_eq!(lines.iter().filter(of_it).count(), 1, "{lines:?}");
    assert!(!lines.iter().any(|line| line.to_string().contains(&open)));
    assert_eq!(pizza.get(&format!("/api/orders/{open}")).status, 200);

    pizza.kill();
    let pizza = Pizza::start(&dir, &options);
    assert_eq!(pizza.get(&path).status, 410);
    assert_eq!(pizza.get(&format!("/api/orders/{open}")).status, 200);
}
